#include "protocol/http/http_request_reader.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <llhttp.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace respgres::protocol {

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
    return lower;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t first = text.find_first_not_of(space);
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(space) - first + 1);
}

// Headers that must not come twice, since implementations differ in which one they believe.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> single_headers{{
    {"host", "there is more than one Host header"},
    {"content-length", "there is more than one Content-Length header"},
    {"transfer-encoding", "there is more than one Transfer-Encoding header"},
}};

// What llhttp alone found. The usual reasons have been told before by the guards or by check_headers().
http_failure describe(llhttp_errno_t code) {
    constexpr std::array<std::pair<llhttp_errno_t, std::string_view>, 7> reasons{{
        {HPE_INVALID_METHOD, "the request method is malformed"},
        {HPE_INVALID_URL, "the request target is malformed"},
        {HPE_INVALID_VERSION, "the HTTP version is malformed"},
        {HPE_INVALID_HEADER_TOKEN, "a header holds a character that must not be there"},
        {HPE_INVALID_CONTENT_LENGTH, "Content-Length is not a decimal number of a sensible size"},
        {HPE_INVALID_CHUNK_SIZE, "a chunk size is not a hexadecimal number of a sensible size"},
        {HPE_INVALID_TRANSFER_ENCODING, "the only transfer coding known here is 'chunked'"},
    }};
    const auto found = std::find_if(reasons.begin(), reasons.end(), [=](const auto& row) { return row.first == code; });
    return {400, found == reasons.end() ? "the request is malformed" : found->second};
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port <= 65535;
}

// name, name:port, [address] or [address]:port (RFC 3986, 3.2.2, without percent-encoding, which no resolver knows).
bool is_host(std::string_view host) {
    const std::size_t name_end = host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
    if (name_end == 0) return false;
    const std::string_view name = host.substr(0, name_end);
    const std::string_view rest = host.substr(name_end);
    const bool literal = name.starts_with('[');
    const auto is_allowed = [&](char c) {
        const char lower = static_cast<char>(c | 0x20);
        const bool alphanumeric = (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
        return alphanumeric || (literal ? std::string_view(":.[]") : std::string_view("-._~")).find(c) != std::string_view::npos;
    };
    if (!std::all_of(name.begin(), name.end(), is_allowed) || (literal && name.size() == 2)) return false;
    return rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
}

}  // namespace

// llhttp's callbacks. Heads come to it whole, so each method, target, header name and value is one call.
struct http_request_reader::events {
    static http_request_reader& self(llhttp_t* parser) { return *static_cast<http_request_reader*>(parser->data); }

    static int on_method(llhttp_t* parser, const char* at, std::size_t length) {
        self(parser).request_.method.assign(at, length);
        return 0;
    }

    static int on_url(llhttp_t* parser, const char* at, std::size_t length) {
        self(parser).request_.target.assign(at, length);
        return 0;
    }

    // Trailers come here too, behind the end of the head; nobody asked for them.
    static int on_header_field(llhttp_t* parser, const char* at, std::size_t length) {
        http_request_reader& reader = self(parser);
        return reader.headers_complete_ || reader.fail(reader.begin_header({at, length})) ? 0 : HPE_USER;
    }

    static int on_header_value(llhttp_t* parser, const char* at, std::size_t length) {
        http_request_reader& reader = self(parser);
        if (!reader.headers_complete_) reader.request_.headers.back().second = trimmed({at, length});
        return 0;
    }

    static int on_headers_complete(llhttp_t* parser) {
        http_request_reader& reader = self(parser);
        reader.headers_complete_ = true;
        reader.request_.keep_alive = llhttp_should_keep_alive(parser) != 0;
        return reader.fail(reader.check_headers()) ? 0 : -1;
    }

    static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
        self(parser).request_.body.append(at, length);
        return 0;
    }

    static int on_message_complete(llhttp_t* parser) {
        self(parser).message_complete_ = true;
        return 0;
    }

    static llhttp_settings_t make_settings() {
        llhttp_settings_t settings{};
        settings.on_method = on_method;
        settings.on_url = on_url;
        settings.on_header_field = on_header_field;
        settings.on_header_value = on_header_value;
        settings.on_headers_complete = on_headers_complete;
        settings.on_body = on_body;
        settings.on_message_complete = on_message_complete;
        return settings;
    }
};

http_request_reader::http_request_reader(const http_limits& limits)
    : limits_(limits),
      parser_(std::make_unique<llhttp_t>()),
      head_(limits.max_head, limits.max_headers),
      chunks_(limits.max_body, limits.max_head) {
    begin_request();
}

http_request_reader::~http_request_reader() = default;
http_request_reader::http_request_reader(http_request_reader&&) noexcept = default;
http_request_reader& http_request_reader::operator=(http_request_reader&&) noexcept = default;

void http_request_reader::begin_request() {
    static const llhttp_settings_t settings = events::make_settings();
    llhttp_init(parser_.get(), HTTP_REQUEST, &settings);
    request_ = {};
    head_.reset();
    chunks_ = chunk_guard(limits_.max_body, limits_.max_head);
    body_left_ = 0;
    chunked_ = false;
    headers_complete_ = false;
    message_complete_ = false;
    idle_ = true;
}

http_request_reader::piece http_request_reader::next(std::string_view input) {
    if (failure_) return {0, status::error};
    if (message_complete_) begin_request();
    idle_ = idle_ && input.empty();

    std::size_t taken = 0;
    if (!head_.is_complete()) {
        taken = head_.take(input);
        if (!fail(head_.failure()) || (head_.is_complete() && !read_head())) return {0, status::error};
        if (!head_.is_complete()) return {taken, status::incomplete};
    }
    if (!message_complete_) {
        taken += read_body(input.substr(taken));
        if (failure_) return {0, status::error};
    }
    return {taken, message_complete_ ? status::request : status::incomplete};
}

// False when the request has failed, now or before.
bool http_request_reader::fail(http_failure failure) {
    if (failure && !failure_) failure_ = failure;
    return !failure_;
}

bool http_request_reader::feed(std::string_view bytes) {
    parser_->data = this;   // each time, since the reader may have been moved
    if (bytes.empty()) return !failure_;
    const llhttp_errno_t code = llhttp_execute(parser_.get(), bytes.data(), bytes.size());
    return code == HPE_OK ? !failure_ : fail(describe(code));
}

bool http_request_reader::read_head() {
    if (!feed(head_.text())) return false;
    // Guard and llhttp must agree on where the message ends, or one of them can be fooled.
    if (!headers_complete_ || message_complete_ == (chunked_ || body_left_ != 0)) return fail({400, "the request is malformed"});
    return fail(split_target(request_));
}

std::size_t http_request_reader::read_body(std::string_view input) {
    const std::size_t taken = chunked_ ? chunks_.take(input) : std::min(input.size(), body_left_);
    if (!feed(input.substr(0, taken)) || !fail(chunks_.failure())) return taken;
    if (!chunked_) body_left_ -= taken;
    if (message_complete_ != (chunked_ ? chunks_.is_complete() : body_left_ == 0)) fail({400, "the body is malformed"});
    return taken;
}

http_failure http_request_reader::begin_header(std::string_view name) {
    std::string lower = lower_case(name);
    for (const auto& [single, reason] : single_headers)
        if (lower == single && request_.header(single) != nullptr) return {400, reason};
    const bool both = (lower == "content-length" && request_.header("transfer-encoding") != nullptr) ||
                      (lower == "transfer-encoding" && request_.header("content-length") != nullptr);
    if (both) return {400, "Content-Length and Transfer-Encoding are both given"};
    request_.headers.emplace_back(std::move(lower), std::string());
    return {};
}

// All headers are there: what of them is about the connection or the length of the body?
http_failure http_request_reader::check_headers() {
    const bool is_1_0 = llhttp_get_http_minor(parser_.get()) == 0;
    const std::string* const host = request_.header("host");
    if (host == nullptr && !is_1_0) return {400, "the Host header is missing"};
    if (host != nullptr && !is_host(*host)) return {400, "the Host header is malformed"};
    if (request_.header("upgrade") != nullptr) return {400, "a change of protocol (Upgrade) is not offered"};
    if (request_.header("expect") != nullptr) return {417, "no expectation (Expect) is supported; send the body without waiting"};

    if (const std::string* const coding = request_.header("transfer-encoding")) {
        if (is_1_0) return {400, "Transfer-Encoding is not part of HTTP/1.0"};
        if (!equals_ignoring_case(*coding, "chunked")) return {400, "the only transfer coding known here is 'chunked'"};
        chunked_ = true;
    }
    if (request_.header("content-length") != nullptr) {
        const std::uint64_t length = parser_->content_length;
        if (length > limits_.max_body) return {413, "the body is too large"};
        body_left_ = static_cast<std::size_t>(length);
    }
    return {};
}

}  // namespace respgres::protocol
