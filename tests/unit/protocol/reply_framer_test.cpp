#include "protocol/resp/reply_framer.hpp"
#include "tests/unit/protocol/every_split.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace respgres::protocol;
using namespace respgres::test;
using namespace std::literals;
using status = reply_framer::status;

namespace {

// "type:length" per reply, "! reason" for a malformed stream, "..." for a reply that has not ended.
std::string frame_transcript(const cuts& pieces) {
    reply_framer framer;
    std::string transcript;
    std::size_t length = 0;
    for (std::string_view piece : pieces)
        while (!piece.empty()) {
            const std::size_t whole = length == 0 ? reply_framer::whole_reply(piece) : 0;
            const auto [taken, state] = framer.next(piece);
            if (whole > 0 && (state != status::complete || taken != whole)) return transcript + "whole_reply() thinks otherwise";
            length += taken;
            piece.remove_prefix(taken);
            if (state == status::malformed) return transcript + "! " + std::string(framer.error());
            if (state == status::complete) {
                transcript += framer.type() + ":"s + std::to_string(length) + " ";
                length = 0;
            } else if (!piece.empty()) {
                return transcript + "stopped without a reason";
            }
        }
    return length == 0 ? transcript : transcript + "...";
}

std::string frames(std::string_view stream) {
    return read_at_every_split(stream, frame_transcript);
}

// Replies of redis-server 7.0.15: to the sub-commands of DEBUG PROTOCOL (RESP3), HELLO 3, COMMAND INFO get, and RESP2's own.
constexpr std::string_view hello =
    "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:81\r\n$4\r\nmode\r\n$"
    "10\r\nstandalone\r\n"
    "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"sv;
constexpr std::string_view command_info =
    "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n~3\r\n+@read\r\n+@string\r\n+@fast\r\n~0\r\n~1\r\n%"
    "3\r\n$5\r\nflags\r\n"
    "~2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_"
    "keys\r\n%2\r\n"
    "$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n"sv;
constexpr std::string_view with_attribute =
    "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n"sv;
constexpr std::string_view push_and_reply = ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n"sv;
constexpr std::string_view real_replies[] = {
    "+OK\r\n"sv,
    "-ERR unknown command 'x', with args beginning with: \r\n"sv,
    ":12345\r\n"sv,
    ":-1\r\n"sv,
    "$11\r\nHello World\r\n"sv,
    "$0\r\n\r\n"sv,
    "$-1\r\n"sv,
    "*-1\r\n"sv,
    "*0\r\n"sv,
    "*3\r\n:0\r\n:1\r\n:2\r\n"sv,
    "*2\r\n$-1\r\n*-1\r\n"sv,
    ",3.141\r\n"sv,
    ",inf\r\n"sv,
    "_\r\n"sv,
    "~3\r\n:0\r\n:1\r\n:2\r\n"sv,
    "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"sv,
    "=29\r\ntxt:This is a verbatim\nstring\r\n"sv,
    "#t\r\n"sv,
    "#f\r\n"sv,
    "(1234567999999999999999999999999999999\r\n"sv,
    hello,
    command_info,
    with_attribute,
};

// A reply of random shape. Whoever builds it knows where it ends, which is what the framer has to find out.
std::string random_reply(std::mt19937& random, int depth) {
    const auto below = [&](int limit) { return std::uniform_int_distribution<>(0, limit - 1)(random); };
    const int kind = below(depth < 6 ? 16 : 11);
    std::string text;
    for (int i = below(20); i > 0; --i) text += "\r\n$*5\0-ab"[below(9)];
    const std::string size = std::to_string(text.size());
    switch (kind) {
        case 0: return "+OK\r\n";
        case 1: return "-ERR broken\r\n";
        case 2: return ":-42\r\n";
        case 3: return "$-1\r\n";
        case 4: return "*-1\r\n";
        case 5: return "_\r\n";
        case 6: return ",1.5\r\n";
        case 7: return "(123456789012345678901234567890\r\n";
        case 8: return "!" + size + "\r\n" + text + "\r\n";
        case 9: return "=" + size + "\r\n" + text + "\r\n";
        case 10: return "$" + size + "\r\n" + text + "\r\n";
        default: break;
    }
    const int count = below(4);
    const char type = "*~%|*"[kind - 11];
    std::string reply = type + std::to_string(count) + "\r\n";
    for (int i = 0; i < count * (type == '%' || type == '|' ? 2 : 1); ++i) reply += random_reply(random, depth + 1);
    return type == '|' ? reply + random_reply(random, depth + 1) : reply;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace

TEST_CASE("reply_framer: replies of a real server end where they end, at every split", "[protocol]") {
    for (const std::string_view reply : real_replies) {
        const char type = reply == with_attribute ? '$' : reply.front();
        const std::string expected = type + ":"s + std::to_string(reply.size()) + " ";
        INFO(shown(reply));
        CHECK(frames(reply) == expected);
        CHECK(frames(std::string(reply) + "+OK\r\n") == expected + "+:5 ");
        CHECK(frames(reply.substr(0, reply.size() - 1)) == "...");
    }
}

TEST_CASE("reply_framer: a push is a reply of its own", "[protocol]") {
    CHECK(frames(push_and_reply) == ">:" + std::to_string(push_and_reply.find("$40")) + " $:47 ");
}

TEST_CASE("reply_framer: pipelined replies of all types follow each other", "[protocol]") {
    std::string stream;
    std::string expected;
    for (const std::string_view reply : real_replies) {
        stream += reply;
        expected += (reply == with_attribute ? '$' : reply.front()) + ":"s + std::to_string(reply.size()) + " ";
    }

    CHECK(frames(stream) == expected);
}

TEST_CASE("reply_framer: random nested replies, with attributes, end where they were built to end", "[protocol]") {
    std::mt19937 random(20240229);
    for (int round = 0; round < 3000; ++round) {
        const std::string first = random_reply(random, 0);
        const std::string second = random_reply(random, 0);
        const std::string stream = first + second;
        reply_framer framer;

        const auto piece = framer.next(stream);
        INFO(shown(stream));
        REQUIRE(piece.state == status::complete);
        REQUIRE(piece.length == first.size());
        const auto rest = framer.next(std::string_view(stream).substr(first.size()));
        REQUIRE(rest.state == status::complete);
        REQUIRE(rest.length == second.size());

        const std::string whole = frame_transcript({stream});
        const std::size_t cut = random() % stream.size();
        REQUIRE(frame_transcript({std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) == whole);
    }
}

TEST_CASE("reply_framer: the type is told as soon as it is known", "[protocol]") {
    reply_framer framer;
    CHECK(framer.type() == 0);

    CHECK(framer.next("|1\r\n+a\r\n").state == status::incomplete);
    CHECK(framer.type() == 0);
    CHECK(framer.next("+b\r\n").state == status::incomplete);
    CHECK(framer.type() == 0);
    CHECK(framer.next("*").state == status::incomplete);
    CHECK(framer.type() == '*');
    CHECK(framer.next("1\r\n:1\r\n").state == status::complete);
    CHECK(framer.type() == '*');
    CHECK(framer.next("$").state == status::incomplete);
    CHECK(framer.type() == '$');
}

TEST_CASE("reply_framer: bytes of a reply are given out before its end has come", "[protocol]") {
    reply_framer framer;

    CHECK(framer.next("$1000000\r\nabc").length == 13);
    CHECK(framer.next(std::string(999'996, 'x')).state == status::incomplete);
    CHECK(framer.next("x\r").state == status::incomplete);
    const auto last = framer.next("\n+OK\r\n");
    CHECK(last.state == status::complete);
    CHECK(last.length == 1);
}

TEST_CASE("reply_framer: thirty-two levels are followed, the thirty-third is not", "[protocol]") {
    CHECK(frame_transcript({repeated("*1\r\n", 32) + ":1\r\n"}) == "*:132 ");
    CHECK(frames(repeated("*1\r\n", 33)) == "! nested too deeply");
    CHECK(frames(repeated("*1\r\n", 32) + "*0\r\n") == "! nested too deeply");
    CHECK(frame_transcript({repeated("%1\r\n+k\r\n", 32) + "$-1\r\n"}) == "%:261 ");
    CHECK(frames(repeated("|1\r\n", 33)) == "! nested too deeply");
    CHECK(frame_transcript({repeated("*1\r\n", 1'000'000)}) == "! nested too deeply");
}

TEST_CASE("reply_framer: lengths that are no canonical decimal are malformed", "[protocol]") {
    for (const auto stream : {"$abc\r\n",
                              "$\r\n",
                              "$01\r\n",
                              "$00\r\n",
                              "$+1\r\n",
                              "$ 1\r\n",
                              "$1 \r\n",
                              "$-2\r\n",
                              "$-0\r\n",
                              "$-\r\n",
                              "$--1\r\n",
                              "$-01\r\n",
                              "$1-\r\n",
                              "$?\r\n",
                              "*?\r\n",
                              "*-2\r\n",
                              "*x\r\n",
                              "%-1\r\n",
                              "~-1\r\n",
                              ">-1\r\n",
                              "|-1\r\n",
                              "=-1\r\n",
                              "!-1\r\n",
                              "$1\n",
                              "*1\n",
                              "$1\rx",
                              "$9223372036854775808\r\n",
                              "*9223372036854775808\r\n",
                              "%9999999999999999999\r\n",
                              "$12345678901234567890\r\n"}) {
        INFO(stream);
        CHECK(frames(stream) == "! invalid length");
    }
}

TEST_CASE("reply_framer: what else cannot be a reply is malformed", "[protocol]") {
    for (const auto stream : {"x", "\r\n", "\n", "PING\r\n", "*1\r\n\r\n", "*2\r\n:1\r\nOK\r\n", "\xff"})
        CHECK(frames(stream) == "! unknown type byte");
    CHECK(frames("\0"sv) == "! unknown type byte");
    CHECK(frames("$4\r\nabcdxx") == "! bulk not followed by CRLF");
    CHECK(frames("$4\r\nabcd\rx") == "! bulk not followed by CRLF");
    CHECK(frames("$0\r\nx") == "! bulk not followed by CRLF");
    CHECK(frames("*1\r\n=5\r\ntxt:ab\r\n") == "! bulk not followed by CRLF");
    CHECK(frames("+OK\n") == "! LF without CR in a line");
    CHECK(frames("+OK\rx") == "! CR without LF in a line");
    CHECK(frames("+OK\r\r\n") == "! CR without LF in a line");
    CHECK(frames("*1\r\n>1\r\n+a\r\n") == "! push inside a reply");
    CHECK(frames("+OK\r\nx") == "+:5 ! unknown type byte");
}

TEST_CASE("reply_framer: the largest count and length are waited for without memory", "[protocol]") {
    CHECK(frames("$9223372036854775807\r\nabc") == "...");
    CHECK(frames("%9223372036854775807\r\n|0\r\n:1\r\n") == "...");
}

TEST_CASE("reply_framer: a malformed stream stays malformed until it is reset", "[protocol]") {
    reply_framer framer;
    CHECK(framer.next("+OK\r\n").state == status::complete);
    CHECK(framer.next("x").state == status::malformed);

    const auto again = framer.next("+OK\r\n");
    CHECK(again.state == status::malformed);
    CHECK(again.length == 0);

    framer.reset();
    CHECK(framer.error().empty());
    CHECK(framer.next("+OK\r\n").state == status::complete);
}
