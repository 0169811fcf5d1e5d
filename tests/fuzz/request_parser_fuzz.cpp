// libFuzzer: the parser's answers depend on the bytes and not on how they are cut, its words lie where they may, and a frame that
// it accepts is the canonical form of its words. What get_frame and short_command read, the parser reads as well.
#include "protocol/commands/get_frame.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "protocol/resp/request_parser.hpp"
#include "protocol/resp/short_command.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

using namespace respgres::protocol;
using status = request_parser::status;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void check_command(const request_parser& parser, std::string_view input) {
    require(!parser.arguments().empty() && parser.consumed() <= input.size());
    if (parser.frame().empty()) return;
    std::string canonical;
    append_command(canonical, parser.arguments());
    require(canonical == parser.frame() && parser.frame() == input.substr(0, parser.consumed()));
}

void check_get(std::string_view input) {
    const get_frame read = read_get(input);
    if (read.length == 0) return;
    request_parser parser;
    require(parser.next(input) == status::command && parser.consumed() == read.length);
    require(parser.arguments().size() == 2 && parser.arguments()[1] == read.key);
}

void check_short(std::string_view input) {
    short_command read;
    if (!read.read(input)) return;
    request_parser parser;   // in two pieces, so that it does not go its own short way
    require(parser.next(input.substr(0, read.length() - 1)) == status::incomplete);
    require(parser.next(input) == status::command && parser.consumed() == read.length());
    require(std::equal(read.words().begin(), read.words().end(), parser.arguments().begin(), parser.arguments().end()));
}

void check_error(const std::string& text) {
    require(text.starts_with("ERR ") && text.size() < 200);
    for (const char c : text) require(c >= ' ' && c < '\x7f');
}

// What the parser makes of `stream` when it grows by `step` bytes at a time. Each call sees the bytes in memory of their own.
std::string transcript(std::string_view stream, std::size_t step) {
    request_parser parser(request_limits{.max_arguments = 64, .max_bulk = 256, .max_command = 1024, .max_inline = 256});
    std::string words;
    std::size_t begin = 0;
    std::size_t end = 0;
    while (end < stream.size()) {
        end = std::min(stream.size(), end + step);
        for (bool more = true; more;) {
            const std::size_t length = end - begin;
            const auto copy = std::make_unique<char[]>(length);   // exactly so long, so that ASan sees one byte too many
            stream.substr(begin, length).copy(copy.get(), length);
            const std::string_view input(copy.get(), length);
            check_get(input);
            check_short(input);
            switch (parser.next(input)) {
                case status::command:
                    check_command(parser, input);
                    for (const std::string_view word : parser.arguments()) words.append(word).append(1, '\0');
                    [[fallthrough]];
                case status::nothing:
                    require(parser.consumed() > 0);
                    words += '\n';
                    begin += parser.consumed();
                    break;
                case status::incomplete:
                    require(parser.wanted() > length);
                    more = false;
                    break;
                case status::error: check_error(parser.error()); return words + parser.error();
            }
        }
    }
    return words + std::to_string(begin);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    // The first byte is the size of the pieces, so that the fuzzer chooses it.
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = transcript(stream, size);
    require(transcript(stream, 1) == whole);
    require(transcript(stream, std::size_t{data[0]} + 1) == whole);
    return 0;
}
