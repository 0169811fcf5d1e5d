// How two replies are compared when not byte for byte, and how a line of words becomes a command.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// What of two replies must be equal.
enum class likeness : std::uint8_t {
    exact,      // the bytes
    sorted,     // the elements, in whatever order: Redis walks its hash tables in an order that each server process draws anew
    numbers,    // all but numbers: clocks, memory, idle times
    shape,      // types and counts only: what is drawn by lot
};

// Each simple element of a reply with its type, and each aggregate's header, in order: "*2", "$abc", ":7".
inline std::vector<std::string> tokens_of(std::string_view reply) {
    std::vector<std::string> tokens;
    while (!reply.empty()) {
        const auto line_end = reply.find("\r\n");
        if (line_end == reply.npos) throw std::runtime_error("no line end in a reply");
        const std::string_view line = reply.substr(0, line_end);
        reply.remove_prefix(line_end + 2);
        std::string token(line);
        if ((line[0] == '$' || line[0] == '=' || line[0] == '!') && line != "$-1") {
            const std::size_t size = std::stoul(std::string(line.substr(1)));
            token = line[0] + std::string(reply.substr(0, size));
            reply.remove_prefix(size + 2);
        }
        tokens.push_back(std::move(token));
    }
    return tokens;
}

inline bool is_number(std::string_view text) {
    double number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

// What of `reply` must be equal, as one printable text.
inline std::string essence_of(const std::string& reply, likeness how) {
    if (how == likeness::exact || reply.starts_with('-')) return reply;
    auto tokens = tokens_of(reply);
    if (how == likeness::sorted) std::ranges::sort(tokens);
    std::string text;
    for (const auto& token : tokens) {
        const bool is_header = std::string_view("*%~>").find(token[0]) != std::string_view::npos;
        if (how == likeness::numbers && !is_header && is_number(std::string_view(token).substr(1)))
            text.append(1, token[0]).append("number");
        else if (how == likeness::shape && !is_header)
            text.append(1, token[0]);
        else
            text.append(token);
        text.append("\n");
    }
    return text;
}

// "SET k \"a b\" 'c'" as words; \xHH, \r, \n and \\ are known within double quotes.
inline std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < line.size();) {
        if (line[i] == ' ') {
            ++i;
            continue;
        }
        auto& word = words.emplace_back();
        const char quote = line[i] == '"' || line[i] == '\'' ? line[i++] : ' ';
        for (; i < line.size() && line[i] != quote; ++i) {
            if (quote != '"' || line[i] != '\\') {
                word.push_back(line[i]);
                continue;
            }
            const char escaped = line[++i];
            if (escaped == 'x') {
                word.push_back(static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16)));
                i += 2;
            } else {
                word.push_back(escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped);
            }
        }
        ++i;   // the quote or space behind it
    }
    return words;
}

// A reply short enough for a failed test's message.
inline std::string shortened(std::string_view text) {
    constexpr std::size_t most = 600;
    return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "... (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace respgres::tests
