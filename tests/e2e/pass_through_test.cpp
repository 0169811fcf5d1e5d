// Everything that is no business of the proxy: the bytes of the replies are those of a Redis that is asked directly.
#include "protocol/commands/command_table.hpp"
#include "tests/e2e/pass_through_samples.hpp"
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace respgres::tests;
using respgres::protocol::all_commands;
using respgres::protocol::command_info;
using respgres::protocol::find_command;
using respgres::protocol::handling;

namespace {

// The name of the command that these words are, "" if the table has none. "COMMAND" alone is "command".
std::string command_name(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    const command_info* row = find_command(views);
    return row == nullptr ? "" : std::string(row->name);
}

std::set<std::string> sampled_names() {
    std::set<std::string> names;
    for (const auto& sample : sample_commands) names.insert(command_name(words_of(sample.line)));
    names.erase("");
    return names;
}

// The commands of the table that are forwarded; of those with subcommands, the subcommands.
std::set<std::string> forwarded_names() {
    std::set<std::string> names;
    const auto take = [&names](const command_info& row) {
        if (row.how == handling::forward) names.insert(std::string(row.name));
    };
    for (const command_info& row : all_commands()) {
        if (row.subcommands.empty()) take(row);
        for (const command_info& sub : row.subcommands) take(sub);
    }
    return names;
}

void send_all_samples(twin_clients& clients) {
    std::string last;
    for (const auto& [line, how] : sample_commands) {
        auto words = words_of(line);
        std::ranges::replace(words, std::string("{last}"), last);
        const auto reply = clients.same(words, how);
        last = reply.starts_with('$') && !reply.starts_with("$-1") ? bulk_text(reply) : "";
    }
}

}  // namespace

TEST_CASE("pass_through_samples: every command that is forwarded has a line or a reason why not", "[e2e]") {
    std::set<std::string> covered = sampled_names();
    for (const auto& [name, reason] : sample_exceptions) {
        INFO(name);
        CHECK(!reason.empty());
        CHECK(covered.insert(std::string(name)).second);   // a line and an exception: one of them is stale
    }

    std::vector<std::string> missing;
    const auto forwarded = forwarded_names();
    std::ranges::set_difference(forwarded, covered, std::back_inserter(missing));

    CHECK(missing == std::vector<std::string>());
}

TEST_CASE("pass_through: at least 150 commands of this Redis' own COMMAND list are compared", "[e2e]") {
    const redis_server redis;
    resp_client client(redis.port());
    const auto listed = tokens_of(client.call({"COMMAND", "LIST"}));

    const auto names = sampled_names();
    std::set<std::string> compared;   // whole commands: a subcommand counts for its command
    for (const auto& name : names) compared.insert("$" + name.substr(0, name.find('|')));
    const auto is_listed = [&listed](const std::string& name) { return std::ranges::count(listed, name) == 1; };
    const auto count = std::ranges::count_if(compared, is_listed);

    CHECK(count >= 150);
    CHECK(static_cast<std::size_t>(count) == compared.size());
}

TEST_CASE("pass_through: each plain command's reply is that of Redis byte for byte, RESP2", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);

    send_all_samples(clients);
}

TEST_CASE("pass_through: each plain command's reply is that of Redis byte for byte, RESP3", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    clients.same({"HELLO", "3"}, likeness::numbers);

    send_all_samples(clients);
    CHECK(clients.proxied().call({"HGETALL", "none"}) == "%0\r\n");   // it is RESP3 indeed
}

TEST_CASE("pass_through: each command's arity is checked in Redis' words", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);

    for (const auto& name : forwarded_names()) {
        auto words = words_of(std::string(name).replace(std::min(name.find('|'), name.size()), name.find('|') == name.npos ? 0 : 1, " "));
        const std::vector<std::string_view> views(words.begin(), words.end());
        const command_info& row = *find_command(views);
        // One word too few, and one too many where there is such a thing.
        const auto least = static_cast<std::size_t>(row.arity < 0 ? -row.arity : row.arity);
        if (least > words.size()) {
            auto few = words;
            few.resize(least - 1, "x");
            clients.same(few);
        }
        if (row.arity > 0) {
            words.resize(least + 1, "x");
            clients.same(words);
        }
    }
}
