// Values of every shape with columns of every type: what the proxy gives is what PostgreSQL gives for the same query.
#include "tests/e2e/json_tokens.hpp"
#include "tests/e2e/shapes_platform.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace respgres::tests;

namespace {

constexpr int row_count = 5;

std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

// The documented texts of a column in the order of the rows' ids, the first being 1; nothing for NULL. bytea is raw bytes.
std::vector<std::optional<std::string>> documented_texts(postgres_server& postgres, const shaped_column& column) {
    const bool is_bytea = column.documented.empty();
    const std::string text = is_bytea ? "encode(" + std::string(column.name) + ", 'hex')" : std::string(column.documented);
    std::vector<std::optional<std::string>> texts;
    for (const auto& row : postgres.execute("SELECT " + text + " FROM shaped ORDER BY id")) {
        auto& made = texts.emplace_back();
        if (row[0] != "<NULL>") made = is_bytea ? bytes_of_hex(row[0]) : row[0];
    }
    return texts;
}

// The elements of an array of bulks.
std::vector<std::string> elements_of(const std::string& reply) {
    auto tokens = tokens_of(reply);
    std::vector<std::string> elements;
    for (std::size_t i = 1; i < tokens.size(); ++i) elements.push_back(tokens[i].substr(1));
    return elements;
}

std::vector<std::string> in_order(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    return texts;
}

std::map<std::string, std::string> pairs_of(const std::string& reply) {
    const auto elements = elements_of(reply);
    std::map<std::string, std::string> pairs;
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2) pairs[elements[i]] = elements[i + 1];
    return pairs;
}

// The replies on a miss and on the hit behind it; checks that Redis then holds the key as `type`, or nothing if there is no row.
struct two_reads {
    std::string miss;
    std::string hit;
};
two_reads read_twice(const shapes_platform& platform, resp_client& client, const std::vector<std::string>& words, const std::string& type) {
    two_reads replies;
    replies.miss = client.call(words);
    const bool is_absent = replies.miss == "$-1\r\n" || replies.miss == "*0\r\n";
    if (!is_absent) {
        platform.wait_until_stored(words[1]);
        CHECK(platform.holds(words[1], type));
    }
    replies.hit = client.call(words);
    return replies;
}

}  // namespace

TEST_CASE("shapes: json and json_row are PostgreSQL's row_to_json field by field, digit for digit", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();
    const auto of_query = [&](const std::string& query) { return json_tokens(platform.postgres().execute("SELECT " + query)[0][0]); };

    const auto all = read_twice(platform, client, {"GET", "all"}, "string");
    CHECK(json_tokens(bulk_text(all.miss)) == of_query("json_agg(row_to_json(q)) FROM (SELECT * FROM shaped ORDER BY id) q"));
    CHECK(all.hit == all.miss);
    for (int id = 1; id <= row_count; ++id) {
        INFO("id " << id);
        const auto number = std::to_string(id);
        const auto row = read_twice(platform, client, {"GET", "row:" + number}, "string");
        CHECK(json_tokens(bulk_text(row.miss)) == of_query("row_to_json(q) FROM (SELECT * FROM shaped WHERE id = " + number + ") q"));
        CHECK(row.hit == row.miss);
    }
    // No rows: an empty array is a value, an absent row is none.
    const auto none = read_twice(platform, client, {"GET", "json:99"}, "string");
    CHECK(none.miss == "$2\r\n[]\r\n");
    CHECK(none.hit == none.miss);
    CHECK(client.call({"GET", "row:99"}) == "$-1\r\n");
    CHECK(platform.in_redis({"EXISTS", "row:99"}) == ":0\r\n");
}

TEST_CASE("shapes: string holds each type in its documented text, and NULL is an absent key", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();

    for (const auto& column : shaped_columns) {
        int id = 0;
        for (const auto& expected : documented_texts(platform.postgres(), column)) {
            const auto key = "string_" + std::string(column.name) + ":" + std::to_string(++id);
            INFO(key);
            const auto replies = read_twice(platform, client, {"GET", key}, "string");
            if (expected)
                CHECK(bulk_text(replies.miss) == *expected);
            else
                CHECK(replies.miss == "$-1\r\n");
            CHECK(replies.hit == replies.miss);
            CHECK(platform.in_redis({"EXISTS", key}) == (expected ? ":1\r\n" : ":0\r\n"));
        }
        CHECK(id == row_count);
    }
}

TEST_CASE("shapes: hash has a field per column that is not NULL", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();

    std::map<int, std::map<std::string, std::string>> expected;
    for (const auto& column : shaped_columns) {
        int id = 0;
        for (const auto& text : documented_texts(platform.postgres(), column)) {
            ++id;
            if (text) expected[id][std::string(column.name)] = *text;
        }
    }

    for (int id = 1; id <= row_count; ++id) {
        INFO("id " << id);
        const auto replies = read_twice(platform, client, {"HGETALL", "hash:" + std::to_string(id)}, "hash");
        CHECK(pairs_of(replies.miss) == expected[id]);
        CHECK(pairs_of(replies.hit) == expected[id]);
    }
    CHECK(client.call({"HGETALL", "hash:99"}) == "*0\r\n");
}

TEST_CASE("shapes: list keeps the order of the rows, set drops the doubles, neither holds NULLs", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();

    for (const auto& column : shaped_columns) {
        const std::string name(column.name);
        INFO(name);
        std::vector<std::string> expected;
        for (const auto& text : documented_texts(platform.postgres(), column))
            if (text) expected.push_back(*text);
        const auto list = read_twice(platform, client, {"LRANGE", "list_" + name, "0", "-1"}, "list");
        CHECK(elements_of(list.miss) == expected);
        CHECK(list.hit == list.miss);

        const std::set<std::string> members(expected.begin(), expected.end());
        const std::vector<std::string> sorted(members.begin(), members.end());
        const auto set = read_twice(platform, client, {"SMEMBERS", "set_" + name}, "set");
        CHECK(in_order(elements_of(set.miss)) == sorted);
        CHECK(in_order(elements_of(set.hit)) == sorted);
    }
}

TEST_CASE("shapes: zset has members with the scores of the query", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();
    std::map<std::string, double> expected;
    for (const auto& row : platform.postgres().execute("SELECT note, twice FROM shaped WHERE twice <> 'NaN'"))
        expected[row[0]] = row[1] == "Infinity" ? std::numeric_limits<double>::infinity() : std::strtod(row[1].c_str(), nullptr);

    const auto replies = read_twice(platform, client, {"ZRANGE", "zset", "0", "-1", "WITHSCORES"}, "zset");

    CHECK(replies.hit == replies.miss);
    const auto pairs = pairs_of(replies.miss);
    CHECK(pairs.size() == expected.size());
    for (const auto& [member, score] : expected) {
        INFO(member);
        REQUIRE(pairs.contains(member));
        CHECK(std::strtod(pairs.at(member).c_str(), nullptr) == score);
    }
    const auto members = elements_of(client.call({"ZRANGE", "zset", "0", "-1"}));
    CHECK(std::ranges::is_sorted(members, {}, [&](const std::string& member) { return expected.at(member); }));
}

TEST_CASE("shapes: counter holds integers of 64 bits", "[e2e]") {
    const shapes_platform platform;
    auto client = platform.client();

    for (const int id : {1, 2, 3, 5}) {
        const auto key = "counter:" + std::to_string(id);
        const auto replies = read_twice(platform, client, {"GET", key}, "string");
        CHECK(bulk_text(replies.miss) == platform.postgres().execute("SELECT large FROM shaped WHERE id = " + std::to_string(id))[0][0]);
        CHECK(replies.hit == replies.miss);
        CHECK(platform.in_redis({"OBJECT", "ENCODING", key}) == "$3\r\nint\r\n");
    }
    CHECK(client.call({"GET", "counter:4"}) == "$-1\r\n");   // NULL
}
