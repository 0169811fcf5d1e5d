#pragma once

#include "proxy/mappings/key_pattern.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::tests {

// A pattern that must be right; the test fails with the pattern's problem otherwise.
inline proxy::key_pattern pattern(std::string_view text) {
    auto parsed = proxy::key_pattern::parse(text);
    if (const auto* wrong = std::get_if<proxy::key_pattern::problem>(&parsed)) FAIL(std::string(text) + ": " + wrong->message);
    return std::get<proxy::key_pattern>(std::move(parsed));
}

inline std::size_t below(std::mt19937& random, std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

inline std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t least, std::size_t most) {
    std::string out;
    for (auto size = least + below(random, most - least + 1); size > 0; --size) out += alphabet[below(random, alphabet.size())];
    return out;
}

// Literal text and captures in turn, beginning with text: what a user could write in a very small alphabet.
inline std::string random_pattern(std::mt19937& random, std::string_view alphabet) {
    static constexpr std::string_view types[] = {"", "", ":int", ":uuid", ":date"};
    auto text = random_text(random, alphabet, 1, 3);
    const auto captures = below(random, 4);
    for (std::size_t i = 0; i < captures; ++i) {
        text += "{c" + std::to_string(i) + std::string(types[below(random, std::size(types))]) + "}";
        if (i + 1 < captures || below(random, 2) == 0) text += random_text(random, alphabet, 1, 3);
    }
    return text;
}

// A key that has the pattern's form, mostly with valid captures: the pattern's text with each {capture} replaced.
inline std::string random_key(std::mt19937& random, std::string_view pattern_text, std::string_view alphabet) {
    static constexpr std::string_view numbers[] = {"0", "-1", "1", "11", "-10", "9223372036854775807"};
    std::string key;
    for (std::size_t i = 0; i < pattern_text.size(); ++i) {
        if (pattern_text[i] != '{') {
            key += pattern_text[i];
            continue;
        }
        const auto close = pattern_text.find('}', i);
        const auto capture = pattern_text.substr(i, close - i);
        if (capture.ends_with(":int"))
            key += numbers[below(random, std::size(numbers))];
        else if (capture.ends_with(":uuid"))
            key += "11111111-1111-1111-1111-1111111111a1";
        else if (capture.ends_with(":date"))
            key += "1111-11-11";
        else
            key += random_text(random, alphabet, 1, 3);
        i = close;
    }
    return key;
}

}  // namespace respgres::tests
