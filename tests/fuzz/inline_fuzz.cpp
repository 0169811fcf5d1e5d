// libFuzzer: inline commands. Words that are split off one line are the same when they are quoted and split again; what looks like HTTP holds no surprise.
#include "protocol/resp/inline_command.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace respgres::protocol;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string quoted(std::string_view word) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return out + "\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto copy = std::make_unique<char[]>(size);  // exactly so long, so that ASan sees one byte too many
    std::copy(data, data + size, copy.get());
    const std::string_view line(copy.get(), size);
    (void)looks_like_http(line);
    if (line.find('\0') != std::string_view::npos || line.find('\n') != std::string_view::npos) return 0;
    std::vector<std::string_view> words;
    std::string storage;
    if (!split_inline(line, words, storage)) return 0;
    std::string again;
    std::size_t bytes = 0;
    for (const std::string_view word : words) {
        again.append(quoted(word)).append(" ");
        bytes += word.size();
    }
    require(bytes <= size);
    std::vector<std::string_view> same;
    std::string other;
    require(split_inline(again, same, other) && same == words);
    return 0;
}
