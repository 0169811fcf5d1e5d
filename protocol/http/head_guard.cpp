#include "protocol/http/head_guard.hpp"

#include <algorithm>
#include <array>

namespace respgres::protocol {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const char lower = static_cast<char>(c | 0x20);
        return is_digit(c) || (lower >= 'a' && lower <= 'z') || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

http_failure check_version(std::string_view version) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
    const bool well_formed =
        version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (well_formed) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    return {400, "the request line is not 'METHOD /path HTTP/1.1'"};
}

http_failure check_target(std::string_view target) {
    if (!target.starts_with('/')) {
        if (target.find("://") != std::string_view::npos)
            return {400, "the request target is an absolute URI, but this server is no HTTP proxy"};
        return {400, "the request target does not begin with '/'"};
    }
    if (target.find('#') != std::string_view::npos) return {400, "the request target holds a fragment ('#')"};
    if (std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c > '~'; }))
        return {400, "the request target holds bytes that must be percent-encoded"};
    return {};
}

http_failure check_request_line(std::string_view line) {
    constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    const std::string_view method = line.substr(0, line.find(' '));
    if (!is_token(method) || method.size() == line.size()) return {400, "the request line is not 'METHOD /path HTTP/1.1'"};
    line.remove_prefix(method.size() + 1);
    const std::string_view target = line.substr(0, line.find(' '));
    if (target.size() == line.size()) return {400, "the request line has no version; HTTP/0.9 is not spoken here"};
    line.remove_prefix(target.size() + 1);

    if (const http_failure failure = check_version(line)) return failure;
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) return {501, "the request method is not known here"};
    return check_target(target);
}

http_failure check_header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {400, "a header line has no colon"};
    const std::string_view name = line.substr(0, colon);
    if (name.ends_with(' ') || name.ends_with('\t')) return {400, "white space stands before the colon of a header"};
    if (!is_token(name)) return {400, "a header name is not a token"};
    return {};
}

}  // namespace

std::size_t head_guard::take(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && !complete_) {
        failure_ = accept(input[taken]);
        if (failure_) return taken;
        ++taken;
    }
    return taken;
}

http_failure head_guard::accept(char c) {
    if (text_.size() == max_bytes_) return {431, "the request line and headers are too large"};
    const bool at_start = text_.size() == line_start_;
    const bool after_cr = !at_start && text_.back() == '\r';
    if (after_cr != (c == '\n')) return {400, after_cr ? "a CR is not followed by LF" : "a line ends with LF alone, not with CRLF"};
    if (c == '\n') return end_line();
    if (at_start && lines_ > 0 && (c == ' ' || c == '\t')) return {400, "a header is continued on a second line"};
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\t') || c == '\x7f')
        return {400, "the request line or a header holds a control character"};
    text_.push_back(c);
    return {};
}

http_failure head_guard::end_line() {
    const std::string_view line(text_.data() + line_start_, text_.size() - line_start_ - 1);
    if (line.empty() && lines_ == 0) {
        // RFC 9112, 2.2: one empty line before the request line, which old clients send behind a body, is to be ignored.
        if (skipped_empty_line_) return {400, "there are empty lines where a request line was expected"};
        skipped_empty_line_ = true;
        text_.clear();
        return {};
    }
    if (!line.empty()) {
        if (lines_ > max_headers_) return {431, "there are too many headers"};
        if (const http_failure failure = lines_ == 0 ? check_request_line(line) : check_header_line(line)) return failure;
    }
    complete_ = line.empty();
    text_.push_back('\n');
    line_start_ = text_.size();
    ++lines_;
    return {};
}

void head_guard::reset() {
    *this = head_guard(max_bytes_, max_headers_);
}

}  // namespace respgres::protocol
