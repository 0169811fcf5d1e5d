#include "protocol/commands/get_frame.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "protocol/resp/request_parser.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace respgres::protocol {

namespace {

std::string command(std::string_view name, std::string_view key) {
    std::string out;
    append_command(out, {std::string(name), std::string(key)});
    return out;
}

// What is read is what the parser reads.
void require_as_parsed(std::string_view input) {
    const get_frame read = read_get(input);
    if (read.length == 0) return;
    request_parser parser;
    REQUIRE(parser.next(input) == request_parser::status::command);
    REQUIRE(parser.consumed() == read.length);
    REQUIRE(parser.arguments().size() == 2);
    REQUIRE(parser.arguments()[1] == read.key);
    REQUIRE(parser.arguments()[1].data() == read.key.data());
}

}  // namespace

TEST_CASE("get_frame: reads a whole GET of any key up to 999 bytes", "[protocol]") {
    for (const std::size_t size : {0u, 1u, 9u, 10u, 99u, 100u, 999u}) {
        const std::string key(size, 'k');
        for (const char* name : {"GET", "get", "gEt"}) {
            const std::string input = command(name, key);
            const std::string more = input + "*1\r\n";
            const get_frame read = read_get(more);
            CHECK(read.key == key);
            CHECK(read.length == input.size());
        }
    }
    CHECK(read_get(command("GET", std::string(1000, 'k'))).length == 0);
}

TEST_CASE("get_frame: leaves everything else alone, and what is not whole", "[protocol]") {
    const std::string whole = command("GET", "some:key");
    for (std::size_t cut = 0; cut < whole.size(); ++cut) CHECK(read_get(std::string_view(whole).substr(0, cut)).length == 0);
    for (const char* other : {"GET key\r\n", "*2\r\n$3\r\nSET\r\n$1\r\nk\r\n", "*3\r\n$3\r\nGET\r\n$1\r\na\r\n$1\r\nb\r\n",
                              "*2\r\n$3\r\nGET\r\n$01\r\nk\r\n", "*2\r\n$3\r\nGET\r\n$\r\nk\r\n\r\n", "*2\r\n$3\r\nGET\r\n$-1\r\n\r\n\r\n",
                              "*2\r\n$3\r\nGET\r\n$1\r\nkk\r\n", "*2\r\n$3\r\nGET\n\n$1\r\nk\r\n", "*2\r\n$3\r\nGET\r\n$1\n\nk\r\n"})
        CHECK(read_get(other).length == 0);
}

TEST_CASE("get_frame: reads what the request parser reads, whatever byte is another", "[protocol]") {
    std::minstd_rand random(3);
    const auto pick = [&random](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
    constexpr std::string_view bytes = "*$0123456789\r\ngGeEtT\0ak ";
    std::size_t taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string input = command(pick(1) == 0 ? "GET" : "get", std::string(pick(20), 'k')) + command("GET", "next");
        for (std::size_t changes = pick(2); changes > 0; --changes) input[pick(input.size() - 1)] = bytes[pick(bytes.size() - 1)];
        taken += read_get(input).length > 0 ? 1 : 0;
        require_as_parsed(input);
    }
    CHECK(taken > 5'000);
}

}  // namespace respgres::protocol
