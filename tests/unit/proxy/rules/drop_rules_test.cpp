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
        auto all = settings_of({"bet:{id:int}", "active_bets:limit_{n:int}", "top", "session:{id}"});
        all.mappings[3].primary.value = conf::primary_source::redis;
        all.rules = std::move(settings);
        mappings = proxy::mapping_table::build(all, found);
        REQUIRE(found.empty());
        rules = drop_rules::build(all, mappings, found);
    }

    invalidation command(const std::vector<std::string_view>& words) const {
        invalidation out;
        rules.on_command(*protocol::find_command(words[0]), words, out);
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
    const compiled all({rule_of("PUBLISH bets.*", "", "", {"top"}), rule_of("SPUBLISH *", "", "", {"bet:1"})});
    REQUIRE(all.found.empty());
    CHECK(all.command({"publish", "bets.", "x"}).keys == keys{"top"});
    CHECK(all.command({"publish", "bets.eu", "x"}).keys == keys{"top"});
    CHECK(all.command({"publish", "bet", "x"}).is_empty());
    CHECK(all.command({"spublish", "", "x"}).keys == keys{"bet:1"});
}

TEST_CASE("drop_rules: all rules of a command are followed, and each key or mapping named once", "[rules]") {
    const compiled all(
        {rule_of("XADD placed", "", "", {"top", "active_bets:*"}), rule_of("XADD p{rest}", "", "", {"bet:7", "active_bets:limit_*"})});
    REQUIRE(all.found.empty());
    const auto what = all.command({"XADD", "placed", "*", "a", "b"});
    CHECK(what.keys == keys{"top", "bet:7"});
    CHECK(what.wide == wide{1});
    CHECK(all.command({"XADD", "played", "*", "a", "b"}).keys == keys{"bet:7"});
}

TEST_CASE("drop_rules: a notification drops as its payload says, and everything if that is not understood", "[rules]") {
    const compiled all({rule_of("", "bets", "{id:int}", {"bet:{id}", "active_bets:*"}), rule_of("", "any", "", {"top"})});
    REQUIRE(all.found.empty());
    CHECK(all.rules.channels() == keys{"bets", "any"});
    invalidation what;
    CHECK(all.rules.on_notification("bets", "12", what));
    CHECK(what.keys == keys{"bet:12"});
    CHECK(what.wide == wide{1});
    what.clear();
    CHECK_FALSE(all.rules.on_notification("bets", "twelve", what));
    CHECK(what.keys.empty());
    CHECK(what.wide == wide{0, 1});
    what.clear();
    CHECK(all.rules.on_notification("any", "", what));
    CHECK(what.keys == keys{"top"});
    what.clear();
    CHECK(all.rules.on_notification("other", "12", what));
    CHECK(what.is_empty());
    CHECK(all.rules.notified().wide == wide{0, 1, 2});
}

TEST_CASE("drop_rules: without targets the payload is the key, which must be one of a mapping that PostgreSQL fills", "[rules]") {
    const compiled all({rule_of("", "keys", "", {})});
    REQUIRE(all.found.empty());
    invalidation what;
    CHECK(all.rules.on_notification("keys", "bet:3", what));
    CHECK(what.keys == keys{"bet:3"});
    what.clear();
    CHECK_FALSE(all.rules.on_notification("keys", "session:3", what));
    CHECK_FALSE(all.rules.on_notification("keys", "bat:3", what));
    CHECK(what.is_empty());
    CHECK(all.rules.notified().wide == wide{0, 1, 2});
    CHECK(all.rules.listens_for(2));
    CHECK_FALSE(all.rules.listens_for(3));
}

TEST_CASE("drop_rules: the rules that may drop a mapping's keys are known, and its keys are registered if one drops them all", "[rules]") {
    const compiled all({rule_of("XADD placed", "", "", {"bet:7", "active_bets:*"}), rule_of("XADD other", "", "", {"t*"})});
    REQUIRE(all.found.empty());
    CHECK(all.rules.naming(0).size() == 1);
    CHECK(all.rules.naming(1).at(0)->words == "XADD placed drops bet:7, active_bets:*");
    CHECK(all.rules.naming(2).at(0)->words == "XADD other drops t*");
    CHECK(all.rules.naming(3).empty());
    const auto registered = [&all](std::size_t index) { return all.mappings.all()[index]->keeps_registry; };
    CHECK_FALSE(registered(0));
    CHECK(registered(1));
    CHECK_FALSE(registered(2));  // one key needs no registry
}

TEST_CASE("drop_rules: what is wrong with a rule is told with its place, and the rule is left out", "[rules]") {
    struct row {
        conf::rule_settings rule;
        std::string problem;
    };
    const std::string one_key = " cannot be used: only a command of one key, or PUBLISH, which goes to Redis as it is";
    const std::vector<row> rows{
        {rule_of("XAD placed", "", "", {"top"}), "t.toml:101:15: on_command: there is no command 'XAD'; did you mean 'xadd'?"},
        {rule_of("GET", "", "", {"top"}), "t.toml:101:15: on_command: name the key or channel too: \"XADD bets.placed\"; * means any"},
        {rule_of("SUBSCRIBE a", "", "", {"top"}), "t.toml:101:15: on_command: 'SUBSCRIBE'" + one_key},
        {rule_of("mset a", "", "", {"top"}), "t.toml:101:15: on_command: 'mset'" + one_key},
        {rule_of("RENAME a", "", "", {"top"}), "t.toml:101:15: on_command: 'RENAME'" + one_key},
        {rule_of("SET bet:{id}", "", "", {"top"}), "t.toml:101:19: on_command: keys of mapping 'm0' cannot trigger a rule"},
        {rule_of("SET to*", "", "", {"top"}), "t.toml:101:19: on_command: keys of mapping 'm2' cannot trigger a rule"},
        {rule_of("XADD placed:{id}*", "", "", {"top"}),
         "t.toml:101:20: on_command: captures and a * together do not work; let a capture take the rest: {rest}"},
        {rule_of("XADD placed", "", "", {"bat:1"}),
         "t.toml:104:11: drops: 'bat:1' belongs to no mapping; keys are bet:{id:int}, active_bets:limit_{n:int}, top and session:{id}"},
        {rule_of("XADD placed", "", "", {"tip"}), "t.toml:104:11: drops: 'tip' belongs to no mapping; did you mean 'top'?"},
        {rule_of("XADD placed:{n}", "", "", {"bet:{id}"}), "t.toml:104:15: drops: on_command has no capture 'id'; there are n"},
        {rule_of("", "c", "", {"bet:{id}"}), "t.toml:104:15: drops: payload has no capture 'id'"},
        {rule_of("XADD placed", "", "", {"bet:1*"}), "t.toml:104:11: drops: 'bet:1*' is only a part of mapping 'm0'; write 'bet:*'"},
        {rule_of("", "c", "{id:uuid}", {"bet:{id}"}),
         "t.toml:104:11: drops: 'bet:{id}' belongs to no mapping; keys are bet:{id:int}, active_bets:limit_{n:int}, top and session:{id}"},
        {rule_of("XADD placed", "", "", {"session:*"}),
         "t.toml:104:11: drops: 'session:*' has keys of mapping 'm3', whose primary is Redis: to drop them would lose them"},
    };
    for (const auto& each : rows) {
        const compiled all({each.rule});
        CHECK(all.told() == keys{each.problem});
        CHECK_FALSE(all.rules.has_commands());
        CHECK(all.rules.channels().empty());
        CHECK(all.rules.all().empty());
    }
}

TEST_CASE("drop_rules: with notifications as the source, mappings that none is for are told", "[rules]") {
    auto all = settings_of({"bet:{id:int}", "top", "session:{id}", "daily", "low"});
    all.mappings[2].primary.value = conf::primary_source::redis;
    all.mappings[3].follow_changes = false;
    all.rules = {rule_of("", "c", "{id:int}", {"bet:{id}"}), rule_of("XADD placed", "", "", {"top"})};
    conf::problems found;
    const auto mappings = proxy::mapping_table::build(all, found);
    const auto rules = drop_rules::build(all, mappings, found);
    REQUIRE(found.empty());
    CHECK(unnotified(all, mappings, rules).empty());

    all.freshness.source.value = conf::freshness_source::notify;
    const auto told = unnotified(all, mappings, rules);
    REQUIRE(told.size() == 2);
    CHECK(conf::to_string(told[0]) ==
          "t.toml:11:1: no [rule.NAME] with on_notify names keys of mapping 'm1', so they live as long as their ttl; "
          "follow_changes = false says that this is meant");
    CHECK(told[1].where.line == 41);
}

TEST_CASE("drop_rules: all problems of all rules are told at once", "[rules]") {
    const compiled all({rule_of("XADD placed", "", "", {"bat:1", "bet:{x}"}), rule_of("NOPE a", "", "", {"bat:2", "bet:{x}"})});
    // What a trigger that is wrong itself captures is not known.
    CHECK(all.found.size() == 4);
}

}  // namespace respgres::tests
