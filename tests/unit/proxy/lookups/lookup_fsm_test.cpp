#include "proxy/lookups/lookup_fsm.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::proxy {

namespace {

// What happens to the lookup, as a driver would report it.
enum class event {
    reply_present,
    reply_absent,
    reply_unknown,
    checked_there,
    checked_gone,
    redis_failed,
    unproven,
    stored,
    unstored,
    stored_absent,
    unstored_absent,
    in_redis,
    fill_failed
};

fill_outcome outcome_of(event what) {
    fill_outcome told;
    if (what == event::fill_failed) return told;
    told.how = what == event::in_redis ? fill_outcome::kind::present : fill_outcome::kind::answered;
    if (told.how == fill_outcome::kind::present) return told;
    const bool absent = what == event::stored_absent || what == event::unstored_absent;
    told.filled = std::make_shared<const value>(absent ? value(absent_value{}) : value(string_value{"v"}));
    told.stored = what == event::stored || what == event::stored_absent;
    return told;
}

lookup_fsm::action feed(lookup_fsm& fsm, event what) {
    switch (what) {
        case event::reply_present: return fsm.on_reply(presence::present);
        case event::reply_absent: return fsm.on_reply(presence::absent);
        case event::reply_unknown: return fsm.on_reply(presence::unknown);
        case event::checked_there: return fsm.on_checked(true);
        case event::checked_gone: return fsm.on_checked(false);
        case event::redis_failed: return fsm.on_redis_failure();
        case event::unproven: return fsm.on_unproven();
        default: return fsm.on_filled(outcome_of(what));
    }
}

std::string name_of(const lookup_fsm::action& action) {
    struct names {
        std::string operator()(lookup_fsm::look) const { return "look"; }
        std::string operator()(lookup_fsm::ask) const { return "ask"; }
        std::string operator()(lookup_fsm::ask_checked) const { return "ask_checked"; }
        std::string operator()(lookup_fsm::fill what) const {
            if (what.what == fill_engine::need::uncached) return "fill uncached";
            return what.what == fill_engine::need::stored ? "fill stored" : "fill answer";
        }
        std::string operator()(lookup_fsm::pass) const { return "pass"; }
        std::string operator()(lookup_fsm::answer) const { return "answer"; }
        std::string operator()(lookup_fsm::fail_fill) const { return "fail_fill"; }
        std::string operator()(lookup_fsm::fail_redis) const { return "fail_redis"; }
        std::string operator()(lookup_fsm::fail_contended) const { return "fail_contended"; }
        std::string operator()(lookup_fsm::fail_unproven) const { return "fail_unproven"; }
    };
    return std::visit(names{}, action);
}

bool is_end(const std::string& action) {
    return action == "pass" || action == "answer" || action.starts_with("fail");
}

struct path {
    std::string title;
    bool evaluable;
    std::vector<std::pair<event, std::string>> steps;
};

const std::vector<path> paths{
    {"a hit", true, {{event::reply_present, "pass"}}},
    {"a hit on what only Redis can evaluate", false, {{event::reply_present, "pass"}}},
    {"a miss is answered from the fill", true, {{event::reply_absent, "fill answer"}, {event::stored, "answer"}}},
    {"a miss without a row is answered from the fill", true, {{event::reply_absent, "fill answer"}, {event::stored_absent, "answer"}}},
    {"a value that was not stored is an answer too", true, {{event::reply_absent, "fill answer"}, {event::unstored, "answer"}}},
    {"a fill fails", true, {{event::reply_absent, "fill answer"}, {event::fill_failed, "fail_fill"}}},
    {"a fill that must be stored fails", false, {{event::reply_absent, "fill stored"}, {event::fill_failed, "fail_fill"}}},
    {"an ambiguous reply, and the key is there", true, {{event::reply_unknown, "ask_checked"}, {event::checked_there, "pass"}}},
    {"an ambiguous reply, and the key is not there",
     true,
     {{event::reply_unknown, "ask_checked"}, {event::checked_gone, "fill answer"}, {event::stored, "answer"}}},
    {"another proxy filled it meanwhile",
     true,
     {{event::reply_absent, "fill answer"}, {event::in_redis, "ask_checked"}, {event::checked_there, "pass"}}},
    {"it was filled and dropped again",
     true,
     {{event::reply_absent, "fill answer"},
      {event::in_redis, "ask_checked"},
      {event::checked_gone, "fill answer"},
      {event::stored, "answer"}}},
    {"it is filled elsewhere and dropped again and again",
     true,
     {{event::reply_absent, "fill answer"},
      {event::in_redis, "ask_checked"},
      {event::checked_gone, "fill answer"},
      {event::in_redis, "ask_checked"},
      {event::checked_gone, "fill answer"},
      {event::in_redis, "fail_contended"}}},
    {"Redis is gone: fail open", true, {{event::redis_failed, "fill answer"}, {event::unstored, "answer"}}},
    {"nothing proves that Redis' value is fresh", true, {{event::unproven, "fill uncached"}, {event::unstored, "answer"}}},
    {"nothing proves it, and only Redis can evaluate", false, {{event::unproven, "fail_unproven"}}},
    {"the proof is gone when another proxy has filled it",
     true,
     {{event::reply_absent, "fill answer"},
      {event::in_redis, "ask_checked"},
      {event::unproven, "fill uncached"},
      {event::unstored, "answer"}}},
    {"Redis is gone and PostgreSQL too", true, {{event::redis_failed, "fill answer"}, {event::fill_failed, "fail_fill"}}},
    {"Redis is gone, and only it can evaluate", false, {{event::redis_failed, "fail_redis"}}},
    {"Redis goes between the reply and the check",
     true,
     {{event::reply_unknown, "ask_checked"}, {event::redis_failed, "fill answer"}, {event::unstored, "answer"}}},
    {"a miss of what only Redis can evaluate: stored, then asked again",
     false,
     {{event::reply_absent, "fill stored"}, {event::stored, "ask"}, {event::reply_present, "pass"}}},
    {"an ambiguous reply after the fill is checked: the key may be gone again",
     false,
     {{event::reply_unknown, "ask_checked"},
      {event::checked_gone, "fill stored"},
      {event::stored, "ask"},
      {event::reply_unknown, "ask_checked"},
      {event::checked_there, "pass"}}},
    {"no row: Redis' reply for an absent key is the answer",
     false,
     {{event::reply_absent, "fill stored"}, {event::stored_absent, "ask"}, {event::reply_absent, "pass"}}},
    {"a key that has a row but was dropped before it could be asked is not answered as absent",
     false,
     {{event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_present, "pass"}}},
    {"the store was refused because the key was dropped: asked and filled again",
     false,
     {{event::reply_absent, "fill stored"},
      {event::unstored, "ask"},
      {event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_present, "pass"}}},
    {"no row, but the key was dropped: what was read may be old",
     false,
     {{event::reply_absent, "fill stored"},
      {event::unstored_absent, "ask"},
      {event::reply_absent, "fill stored"},
      {event::stored_absent, "ask"},
      {event::reply_absent, "pass"}}},
    {"the store failed because Redis went",
     false,
     {{event::reply_absent, "fill stored"}, {event::unstored, "ask"}, {event::redis_failed, "fail_redis"}}},
    {"dropped after each of three fills",
     false,
     {{event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_absent, "fill stored"},
      {event::stored, "ask"},
      {event::reply_absent, "fail_contended"}}},
};

// The events that may follow an action.
std::vector<event> possible_after(const std::string& action) {
    if (action == "ask") return {event::reply_present, event::reply_absent, event::reply_unknown, event::redis_failed};
    if (action == "ask_checked") return {event::checked_there, event::checked_gone, event::redis_failed};
    return {event::stored, event::unstored, event::stored_absent, event::unstored_absent, event::in_redis, event::fill_failed};
}

}  // namespace

TEST_CASE("lookup_fsm: every way of one read", "[proxy]") {
    for (const path& way : paths) {
        INFO(way.title);
        lookup_fsm fsm(way.evaluable);
        REQUIRE(name_of(fsm.start()) == "ask");
        std::string last;
        for (const auto& [what, expected] : way.steps) {
            last = name_of(feed(fsm, what));
            REQUIRE(last == expected);
        }
        CHECK(is_end(last));
    }
}

TEST_CASE("lookup_fsm: counts its fills, and is settled only by a stored 'no row'", "[proxy]") {
    for (const bool evaluable : {false, true}) {
        lookup_fsm fsm(evaluable);
        CHECK(fsm.fills() == 0);
        feed(fsm, event::reply_absent);
        CHECK(fsm.fills() == 1);
        feed(fsm, event::stored);
        CHECK_FALSE(fsm.is_settled());
    }
    lookup_fsm fsm(false);
    feed(fsm, event::reply_absent);
    feed(fsm, event::unstored_absent);
    CHECK_FALSE(fsm.is_settled());
    feed(fsm, event::reply_absent);
    feed(fsm, event::stored_absent);
    CHECK(fsm.is_settled());
}

TEST_CASE("lookup_fsm: ends, whatever Redis, PostgreSQL and other proxies do: all sequences to their end", "[proxy]") {
    // Depth first over all events that may follow each action: the state is small, so this is a proof.
    static constexpr int longest = 16;
    for (const bool evaluable : {false, true}) {
        struct walker {
            int ended = 0;
            int fills_seen = 0;
            int deepest = 0;

            void walk(const lookup_fsm& fsm, const std::string& action, int depth) {
                REQUIRE(depth <= longest);
                deepest = std::max(deepest, depth);
                fills_seen = std::max(fills_seen, fsm.fills());
                if (is_end(action)) {
                    ++ended;
                    return;
                }
                for (const event next : possible_after(action)) {
                    lookup_fsm copy = fsm;
                    const std::string then = name_of(feed(copy, next));
                    walk(copy, then, depth + 1);
                }
            }
        } all;
        const lookup_fsm fresh(evaluable);
        all.walk(fresh, name_of(fresh.start()), 0);
        INFO(evaluable);
        CHECK(all.ended > 10);
        CHECK(all.fills_seen == 3);
    }
}

TEST_CASE("lookup_fsm: what only Redis can evaluate is never answered from memory, and the other is never filled to be stored first",
          "[proxy]") {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        const bool evaluable = seed % 2 == 0;
        lookup_fsm fsm(evaluable);
        std::string action = name_of(fsm.start());
        while (!is_end(action)) {
            const auto choices = possible_after(action);
            action = name_of(feed(fsm, choices[random() % choices.size()]));
            if (evaluable)
                REQUIRE(action != "fill stored");
            else
                REQUIRE((action != "fill answer" && action != "answer"));
        }
    }
}

TEST_CASE("lookup_fsm: a read that is tracked looks first, and is answered by Redis alone", "[proxy]") {
    for (const bool evaluable : {true, false}) {
        lookup_fsm there(evaluable, true);
        CHECK(name_of(there.start()) == "look");
        CHECK(name_of(there.on_looked(true)) == "ask");
        CHECK(name_of(there.on_reply(presence::present)) == "pass");
        CHECK(there.fills() == 0);

        lookup_fsm absent(evaluable, true);
        CHECK(name_of(absent.on_looked(false)) == "fill stored");
        CHECK(name_of(absent.on_filled(outcome_of(event::stored))) == "ask");
        CHECK(name_of(absent.on_reply(presence::present)) == "pass");

        lookup_fsm gone(evaluable, true);
        CHECK(name_of(gone.on_redis_failure()) == "fail_redis");
    }
}

}  // namespace respgres::proxy
