// libFuzzer: what the HTTP reader answers does not depend on how the stream is cut, keeps its limits, and every refusal has a reason.
#include "protocol/http/http_request_reader.hpp"
#include "protocol/http/http_response.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace respgres::protocol;
using status = http_request_reader::status;

namespace {

constexpr http_limits limits{.max_head = 512, .max_headers = 8, .max_body = 64};

void require(bool condition) {
    if (!condition) std::abort();
}

std::string shown(const http_request& request) {
    require(!request.method.empty() && request.target.starts_with('/') && request.path.starts_with('/'));
    require(request.target.size() <= limits.max_head && request.headers.size() <= limits.max_headers &&
            request.body.size() <= limits.max_body);
    std::string text = request.method + ' ' + request.target + ' ' + request.path + '\n';
    for (const auto* pairs : {&request.parameters, &request.headers})
        for (const auto& [name, value] : *pairs) text += name + '=' + value + '\n';
    return text + request.body + (request.keep_alive ? "\n+" : "\n-");
}

std::string transcript(std::string_view stream, std::size_t step) {
    http_request_reader reader(limits);
    std::string text;
    for (std::size_t at = 0; at < stream.size();) {
        const std::string_view piece = stream.substr(at, step);
        const auto [length, state] = reader.next(piece);
        require(length <= piece.size() && (state != status::incomplete || length == piece.size()));
        at += length;
        if (state == status::error) {
            const http_failure failure = reader.failure();
            require(reason_phrase(failure.status) != "Unknown" && !failure.reason.empty());
            require(reader.next("GET / HTTP/1.1\r\nHost: a\r\n\r\n").state == status::error);
            return text + "!" + std::to_string(failure.status) + std::string(failure.reason);
        }
        if (state == status::request) text += shown(reader.request());
    }
    return text + (reader.is_idle() ? "idle" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 4096) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = transcript(stream, size);
    require(transcript(stream, 1) == whole);
    require(transcript(stream, std::size_t{data[0]} + 1) == whole);
    return 0;
}
