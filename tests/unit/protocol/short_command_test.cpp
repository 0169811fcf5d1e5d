#include "protocol/resp/short_command.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "protocol/resp/request_parser.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace respgres::protocol {

namespace {

using words = std::vector<std::string>;

std::string framed(const words& command) {
    std::string out;
    append_command(out, std::vector<std::string_view>(command.begin(), command.end()));
    return out;
}

bool is_read(std::string_view input) {
    short_command read;
    return read.read(input);
}

void require_read_as(const std::string& input, const words& expected) {
    const std::string more = input + "*1\r\n$4\r\nPING\r\n";
    short_command read;
    REQUIRE(read.read(more));
    CHECK(read.length() == input.size());
    CHECK(std::equal(read.words().begin(), read.words().end(), expected.begin(), expected.end()));
}

}  // namespace

TEST_CASE("short_command: reads whole commands of up to 8 words and 1 KiB", "[protocol]") {
    for (std::size_t count = 1; count <= short_command::most_words; ++count)
        require_read_as(framed(words(count, "word")), words(count, "word"));
    for (const std::size_t size : {0u, 1u, 9u, 10u, 99u, 100u, 990u}) {
        const words command{"SET", "k", std::string(size, 'v')};
        require_read_as(framed(command), command);
    }
    // "*2 CRLF", "$999 CRLF", the key and its CRLF are 1 011 bytes, "$7 CRLF", the value and its CRLF 13 more.
    require_read_as(framed({std::string(999, 'k'), "1234567"}), {std::string(999, 'k'), "1234567"});
    CHECK_FALSE(is_read(framed({std::string(999, 'k'), "12345678"})));
    CHECK_FALSE(is_read(framed({std::string(1'000, 'k')})));
    CHECK_FALSE(is_read(framed(words(9, "word"))));
}

TEST_CASE("short_command: leaves everything else alone, and what is not whole", "[protocol]") {
    const std::string whole = framed({"SET", "some:key", std::string(120, 'v')});
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        const std::string part = whole.substr(0, cut);   // in memory of its own, so that ASan sees one byte too many
        CHECK_FALSE(is_read(part));
    }
    for (const char* other : {"PING\r\n", "*0\r\n", "*-1\r\n", "*01\r\n$4\r\nPING\r\n", "*1\n$4\r\nPING\r\n", "*1\r\n:4\r\nPING\r\n",
                              "*1\r\n$04\r\nPING\r\n", "*1\r\n$\r\nPING\r\n", "*1\r\n$-1\r\nPING\r\n", "*1\r\n$4\nPING\r\n\r\n",
                              "*1\r\n$4\r\nPINGPONG\r\n", "*1\r\n$00\r\n\r\n", "*1\r\n$000\r\n\r\n", "*1\r\n$4 \r\nPING\r\n"})
        CHECK_FALSE(is_read(other));
}

TEST_CASE("short_command: reads what the request parser reads, whatever byte is another", "[protocol]") {
    std::minstd_rand random(5);
    const auto pick = [&random](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
    constexpr std::string_view bytes = "*$0123456789\r\n-\0ak ";
    std::size_t taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        words command(pick(3) + 1);
        for (std::string& word : command) word.assign(pick(pick(9) == 0 ? 300 : 12), 'k');
        std::string input = framed(command) + framed({"GET", "next"});
        for (std::size_t changes = pick(2); changes > 0; --changes) input[pick(input.size() - 1)] = bytes[pick(bytes.size() - 1)];
        short_command read;
        if (!read.read(input)) continue;
        ++taken;
        request_parser parser;   // what came in two pieces does not go its own short way
        REQUIRE(parser.next(std::string_view(input).substr(0, read.length() - 1)) == request_parser::status::incomplete);
        REQUIRE(parser.next(input) == request_parser::status::command);
        REQUIRE(parser.consumed() == read.length());
        REQUIRE(std::equal(read.words().begin(), read.words().end(), parser.arguments().begin(), parser.arguments().end()));
        REQUIRE(read.words().back().data() == parser.arguments().back().data());
    }
    CHECK(taken > 5'000);
}

}  // namespace respgres::protocol
