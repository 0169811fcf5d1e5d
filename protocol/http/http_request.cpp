#include "protocol/http/http_request.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::protocol {

namespace {

const std::string* find_first(const std::vector<http_request::pair>& pairs, std::string_view name) {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
    return found == pairs.end() ? nullptr : &found->second;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

}  // namespace

const std::string* http_request::header(std::string_view name) const {
    return find_first(headers, name);
}

const std::string* http_request::parameter(std::string_view name) const {
    return find_first(parameters, name);
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        const std::string_view digits = text.substr(i + 1, 2);
        unsigned char byte = 0;
        if (digits.size() != 2 || std::from_chars(digits.data(), digits.data() + 2, byte, 16).ptr != digits.data() + 2) return std::nullopt;
        decoded.push_back(static_cast<char>(byte));
        i += 2;
    }
    return decoded;
}

http_failure split_target(http_request& request) {
    constexpr http_failure bad_escape{400, "a '%' in the request target is not followed by two hexadecimal digits"};
    const std::string_view target = request.target;
    const std::size_t mark = target.find('?');

    auto path = percent_decode(target.substr(0, mark), false);
    if (!path) return bad_escape;
    if (std::any_of(path->begin(), path->end(), is_control)) return {400, "the path holds a control character"};
    request.path = std::move(*path);

    request.parameters.clear();
    std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        if (part.empty()) continue;
        const std::size_t equals = part.find('=');
        auto name = percent_decode(part.substr(0, equals), true);
        auto value = percent_decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), true);
        if (!name || !value) return bad_escape;
        request.parameters.emplace_back(std::move(*name), std::move(*value));
    }
    return {};
}

}  // namespace respgres::protocol
