#include "proxy/rules/drop_rules.hpp"

#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace respgres::tests {

namespace {

using proxy::drop_rules;
using proxy::invalidation;

conf::rule_settings rule_of(std::string command, std::string channel, std::string payload, const std::vector<std::string>& drops) {
    conf::rule_settings made;
    made.name = "r";
    made.where = {"t.toml", 100, 1};
    made.on_command = {std::move(command), {"t.toml", 101, 14}};
    made.on_notify = {std::move(channel), {"t.toml", 102, 13}};
    made.payload = {std::move(payload), {"t.toml", 103, 11}};
    for (const auto& each : drops) made.drops.push_back({each, {"t.toml", 104, 10}});
    return made;
}

// m0 = bet:{id:int}, m1 = active_bets:limit_{n:int}, m2 = top, m3 = session:{id}, whose primary is Redis.
struct compiled {
    explicit compiled(std::vector<conf::rule_settings> settings) {
        auto mapped = settings_of({"bet:{id:int}", "active_bets:limit_{n:int}", "top", "session:{id}"});
        mapped.mappings[3].primary.value = conf::primary_source::redis;
        mappings = proxy::mapping_table::build(mapped, found);
        REQUIRE(found.empty());
        rules = drop_rules::build(settings, mappings, found);
    }

    invalidation command(const std::vector<std::string_view>& words) const {
        invalidation out;
        rules.on_command(words, out);
        return out;
    }
    std::vector<std::string> told() const {
        std::vector<std::string> lines;
        for (const auto& each : found) lines.push_back(conf::to_string(each));
        return lines;
    }

    proxy::mapping_table mappings;
    conf::problems found;
    drop_rules rules;
};

using keys = std::vector<std::string>;
using wide = std::vector<std::size_t>;

}  // namespace

TEST_CASE("drop_rules: a command drops keys with its captures, and whole mappings", "[rules]") {
    const compiled all({rule_of("xadd placed:{bet:int}", "", "", {"bet:{bet}", "active_bets:*", "top"})});
    REQUIRE(all.found.empty());
    const auto what = all.command({"XADD", "placed:7", "*", "a", "b"});
    CHECK(what.keys == keys{"bet:7", "top"});
    CHECK(what.wide == wide{1});
    CHECK(all.command({"XADD", "placed:x", "*"}).is_empty());
    CHECK(all.command({"XADD", "other:7", "*"}).is_empty());
    CHECK(all.command({"XDEL", "placed:7", "*"}).is_empty());
    CHECK(all.command({"XADD"}).is_empty());
}

TEST_CASE("drop_rules: a star at the end takes any rest, an empty one too", "[rules]") {
    const compiled all({rule_of("PUBLISH bets.*", "", "", {"top"}), rule_of("SET *", "", "", {"bet:1"})});
    CHECK(all.command({"publish", "bets.", "x"}).keys == keys{"top"});
    CHECK(all.command({"publish", "bets.eu", "x"}).keys == keys{"top"});
    CHECK(all.command({"publish", "bet", "x"}).is_empty());
}

TEST_CASE("drop_rules: a notification drops as its payload says, and everything if that is not understood", "[rules]") {
    const compiled all({rule_of("", "bets", "{id:int}", {"bet:{id}", "active_bets:*"}), rule_of("", "keys", "", {})});
    REQUIRE(all.found.empty());
    CHECK(all.rules.channels() == keys{"bets", "keys"});
    invalidation what;
    CHECK(all.rules.on_notification("bets", "12", what));
    CHECK(what.keys == keys{"bet:12"});
    CHECK(what.wide == wide{1});
    what.clear();
    CHECK_FALSE(all.rules.on_notification("bets", "twelve", what));
    CHECK(what.keys.empty());
    CHECK(what.wide == wide{0, 1});
    what.clear();
    CHECK(all.rules.on_notification("keys", "bet:3", what));
    CHECK(what.keys == keys{"bet:3"});
    what.clear();
    CHECK_FALSE(all.rules.on_notification("keys", "session:3", what));
    CHECK(what.is_empty());
    CHECK(all.rules.notified().wide == wide{0, 1, 2});
}

TEST_CASE("drop_rules: what is wrong with a rule is told with its place, and the rule is left out", "[rules]") {
    struct row {
        conf::rule_settings rule;
        std::string problem;
    };
    const std::vector<row> rows{
        {rule_of("XAD placed", "", "", {"top"}), "t.toml:101:15: on_command: there is no command 'xad'"},
        {rule_of("GET", "", "", {"top"}), "t.toml:101:15: on_command: name the key or channel too: \"XADD bets.placed\"; * means any"},
        {rule_of("SUBSCRIBE a", "", "", {"top"}),
         "t.toml:101:15: on_command: 'subscribe' cannot be used: only a command that goes to Redis with its key or channel behind its "
         "name"},
        {rule_of("DEL bet:{id}", "", "", {"top"}), "t.toml:101:15: on_command: keys of mapping 'm0' cannot trigger a rule"},
        {rule_of("XADD placed", "", "", {"bat:1"}),
         "t.toml:104:11: drops: 'bat:1' belongs to no mapping; keys are bet:{id:int}, active_bets:limit_{n:int}, top, session:{id}"},
        {rule_of("XADD placed:{n}", "", "", {"bet:{id}"}), "t.toml:104:15: drops: on_command has no capture 'id'; there are n"},
        {rule_of("XADD placed", "", "", {"bet:1*"}), "t.toml:104:11: drops: 'bet:1*' is only a part of mapping 'm0'; write 'bet:*'"},
        {rule_of("", "c", "{id:uuid}", {"bet:{id}"}),
         "t.toml:104:11: drops: 'bet:{id}' belongs to no mapping; keys are bet:{id:int}, active_bets:limit_{n:int}, top, session:{id}"},
        {rule_of("XADD placed", "", "", {"session:*"}),
         "t.toml:104:11: drops: 'session:*' has keys of mapping 'm3', whose primary is Redis: to drop them would lose them"},
    };
    for (const auto& each : rows) {
        const compiled all({each.rule});
        CHECK(all.told() == keys{each.problem});
        CHECK_FALSE(all.rules.has_commands());
        CHECK(all.rules.channels().empty());
    }
}

TEST_CASE("drop_rules: all problems of all rules are told at once", "[rules]") {
    const compiled all({rule_of("XADD placed", "", "", {"bat:1", "bet:{x}"}), rule_of("NOPE a", "", "", {"top"})});
    CHECK(all.found.size() == 3);
}

}  // namespace respgres::tests
