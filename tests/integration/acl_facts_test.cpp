// What the ACL knows of commands, compared with what a real Redis tells of its own.
#include "protocol/commands/acl_categories.hpp"
#include "protocol/resp/reply_framer.hpp"
#include "proxy/users/command_facts.hpp"
#include "tests/e2e/wire_compare.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace respgres;
using namespace respgres::tests;

namespace {

using names = std::set<std::string>;

template <class Visitor>
void for_each_row(Visitor&& visit) {
    for (const auto& row : protocol::all_commands()) {
        visit(row);
        for (const auto& sub : row.subcommands) visit(sub);
    }
}

// The bulks of an array.
names elements(const std::string& reply) {
    names found;
    for (const auto& token : tokens_of(reply))
        if (token[0] == '$' || token[0] == '+') found.insert(token.substr(1));
    return found;
}

// Redis does not have it.
bool is_ours(std::string_view name) {
    return name == "proxy" || name.starts_with("proxy|");
}

const protocol::command_info& row_named(const std::string& name) {
    const auto bar = name.find('|');
    if (bar == std::string::npos) return *protocol::find_command(name);
    const std::vector<std::string_view> words{std::string_view(name).substr(0, bar), std::string_view(name).substr(bar + 1)};
    return *protocol::find_command(protocol::command_words(words));
}

// The first key specification of COMMAND INFO as the right that Redis' ACL asks for: "R", "W", "RW", "" (any right is enough), "none" without keys.
std::string right_of(resp_client& redis, const std::string& name) {
    const auto tokens = tokens_of(redis.call({"COMMAND", "INFO", name}));
    const auto flags = std::find(tokens.begin(), tokens.end(), "$flags");
    if (flags == tokens.end()) return "none";
    const auto is_there = [&](std::initializer_list<const char*> wanted) {
        const auto end = flags + 2 + std::stoi((flags + 1)->substr(1));
        return std::any_of(flags + 2, end, [&](const std::string& token) {
            return std::any_of(wanted.begin(), wanted.end(), [&](const char* word) { return token == std::string("+") + word; });
        });
    };
    if (is_there({"not_key"})) return "none";
    return std::string(is_there({"access"}) ? "R" : "") + (is_there({"insert", "update", "delete"}) ? "W" : "");
}

}  // namespace

TEST_CASE("acl: each category holds the commands that it holds in Redis", "[integration]") {
    const redis_server server;
    resp_client redis(server.port());
    names known;
    for (const auto& category : protocol::acl_categories()) {
        INFO(category.name);
        known.insert(std::string(category.name));
        names ours;
        for_each_row([&](const protocol::command_info& row) {
            if (!is_ours(row.name) && (protocol::categories_of(row) & category.bit) != 0) ours.insert(std::string(row.name));
        });
        CHECK(ours == elements(redis.call({"ACL", "CAT", std::string(category.name)})));
    }
    CHECK(known == elements(redis.call({"ACL", "CAT"})));
}

TEST_CASE("acl: the right that a command needs for its first key is the one that Redis asks for", "[integration]") {
    const redis_server server;
    resp_client redis(server.port());
    std::size_t compared = 0;
    for_each_row([&](const protocol::command_info& row) {
        // SET and BITFIELD: the options decide (tests/e2e/users_test.cpp).
        if (is_ours(row.name) || !row.has_keys() || row.name == "set" || row.name == "bitfield") return;
        const std::string name(row.name);
        INFO(name);
        const auto need = proxy::need_of(row_named(name), {1, row.keys[0].access});
        CHECK(std::string(need.read ? "R" : "") + (need.write ? "W" : "") == right_of(redis, name));
        ++compared;
    });
    CHECK(compared > 150);
}
