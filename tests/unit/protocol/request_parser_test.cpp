#include "tests/unit/protocol/request_transcript.hpp"

#include "protocol/resp/reply_writer.hpp"

#include <catch2/catch.hpp>

using namespace respgres::protocol;
using namespace respgres::test;
using namespace std::string_view_literals;
using status = request_parser::status;

TEST_CASE("request_parser: commands cut at every byte give the same words", "[protocol]") {
    CHECK(requests("*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") == "[PING] [GET][k] ");
    CHECK(requests("PING\r\n*1\r\n$4\r\nPING\r\nGET k\n") == "[PING] [PING] [GET][k] ");
    CHECK(requests("*0\r\n*-1\r\n\r\n*1\r\n$4\r\nECHO\r\nSET \"a b\" 'c'\r\n") == "- - - [ECHO] [SET][a b][c] ");
    CHECK(requests("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$6\r\n\r\n\0$1\xff\r\n"sv) == "[SET][][\\x0d\\x0a\\x00$1\\xff] ");
    CHECK(requests("*1\r\n$12\r\n0123456789ab\r\n*2\r\n$1") == "[0123456789ab] ...");
}

TEST_CASE("request_parser: the frame holds the received bytes of an array and is empty for an inline command", "[protocol]") {
    const std::string first = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
    const std::string input = first + "PING\r\n";
    request_parser parser;

    REQUIRE(parser.next(input) == status::command);
    CHECK(parser.frame() == first);
    CHECK(parser.frame().data() == input.data());
    CHECK(parser.consumed() == first.size());
    REQUIRE(parser.next(std::string_view(input).substr(first.size())) == status::command);
    CHECK(parser.frame().empty());
    CHECK(parser.consumed() == 6);
}

TEST_CASE("request_parser: words point into the input and are not copied", "[protocol]") {
    const std::string input = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
    request_parser parser;

    REQUIRE(parser.next(input) == status::command);

    CHECK(parser.arguments().at(0).data() == input.data() + 8);
    CHECK(parser.arguments().at(1).data() == input.data() + 17);
}

TEST_CASE("request_parser: wanted() tells the end of the argument under way", "[protocol]") {
    request_parser parser;

    CHECK(parser.next("") == status::incomplete);
    CHECK(parser.wanted() == 1);
    CHECK(parser.next("*2\r\n$3\r\nGET\r\n$100\r\nabc") == status::incomplete);
    CHECK(parser.wanted() == 13 + 6 + 100 + 2);
    CHECK(parser.next("*2\r\n$3\r\nGET\r\n$100\r\nabcd") == status::incomplete);
    CHECK(parser.wanted() == 13 + 6 + 100 + 2);
}

TEST_CASE("request_parser: what append_command writes is read back", "[protocol]") {
    std::string bytes;
    append_command(bytes, {"SET", "key", "a\r\nb", ""});
    append_command(bytes, "PING");
    append_command(bytes, std::vector<std::string>{"GET", "key"});

    CHECK(requests(bytes) == "[SET][key][a\\x0d\\x0ab][] [PING] [GET][key] ");
    CHECK(bytes.starts_with("*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\na\r\nb\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n"));
}

TEST_CASE("request_parser: arrays and inline commands that say nothing give nothing", "[protocol]") {
    // Each as Redis 7.0.15, which answers none of them.
    CHECK(requests("*0\r\n") == "- ");
    CHECK(requests("*-1\r\n") == "- ");
    CHECK(requests("*-5\r\n") == "- ");
    CHECK(requests("\r\n") == "- ");
    CHECK(requests("\n") == "- ");
    CHECK(requests(" \t \r\n") == "- ");
}

TEST_CASE("request_parser: limits hold to the byte", "[protocol]") {
    const request_limits limits{.max_arguments = 2, .max_bulk = 4, .max_command = 30, .max_inline = 10};

    CHECK(requests("*2\r\n$3\r\nGET\r\n$4\r\nabcd\r\n", limits) == "[GET][abcd] ");
    CHECK(requests("*3\r\n", limits) == "! ERR Protocol error: invalid multibulk length (got 3, limit 2)");
    CHECK(requests("*2\r\n$3\r\nGET\r\n$5\r\n", limits) == "! ERR Protocol error: invalid bulk length (got 5, limit 4)");
    CHECK(requests("GET abcd\r\n", limits) == "[GET][abcd] ");
    CHECK(requests("GET   abcd\r\n", limits) == "[GET][abcd] ");
    CHECK(requests("GET    abcd\n", limits) == "! ERR Protocol error: too big inline request");
    CHECK(requests("GET    abcd\r\n", limits) == "! ERR Protocol error: too big inline request");
    CHECK(requests("GET    abcdefgh", limits) == "! ERR Protocol error: too big inline request");
    CHECK(requests("a b c\r\n", limits) == "! ERR Protocol error: too many words in an inline command (got 3, limit 2)");
    CHECK(requests("GET abcde\r\n", limits) == "! ERR Protocol error: too big word in an inline command (got 5, limit 4)");
    CHECK(requests("*2\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n", {.max_bulk = 4, .max_command = 24}) == "[abcd][abcd] ");
    CHECK(requests("*2\r\n$4\r\nabcd\r\n$4\r\n", {.max_bulk = 4, .max_command = 23}) ==
          "! ERR Protocol error: command of more than 23 bytes");
}

TEST_CASE("request_parser: new limits hold from the next command on", "[protocol]") {
    request_parser parser(request_limits{.max_arguments = 1});
    const std::string two = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

    CHECK(parser.next("PING\r\n") == status::command);
    parser.set_limits({.max_arguments = 2});
    CHECK(parser.next(two) == status::command);
    parser.set_limits({.max_arguments = 1});
    CHECK(parser.next(two) == status::error);
}

TEST_CASE("request_parser: an error is final and leaves no words behind", "[protocol]") {
    request_parser parser;
    CHECK(parser.next("*x\r\n") == status::error);

    CHECK(parser.next("*1\r\n$4\r\nPING\r\n") == status::error);

    CHECK(parser.arguments().empty());
    CHECK(parser.error() == "ERR Protocol error: invalid multibulk length");
}

TEST_CASE("request_parser: a command of 65536 arguments passes", "[protocol]") {
    std::string bytes;
    append_command(bytes, std::vector<std::string>(65'536, "x"));
    request_parser parser;

    REQUIRE(parser.next(bytes) == status::command);

    CHECK(parser.arguments().size() == 65'536);
    CHECK(parser.consumed() == bytes.size());
    CHECK(parser.next("PING\r\n") == status::command);
    CHECK(parser.arguments().size() == 1);
}

TEST_CASE("request_parser: memory for arguments is taken as they arrive, and given back when a small command follows", "[protocol]") {
    request_parser parser;
    CHECK(parser.next("*65536\r\n") == status::incomplete);
    CHECK(parser.arguments().capacity() == 0);

    std::string bytes;
    append_command(bytes, std::vector<std::string>(65'536, "x"));
    REQUIRE(parser.next(bytes) == status::command);
    CHECK(parser.arguments().capacity() >= 65'536);

    REQUIRE(parser.next("*1\r\n$4\r\nPING\r\n") == status::command);
    CHECK(parser.arguments().capacity() <= 1024);
}
