#include "proxy/users/user.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace respgres;
using namespace respgres::proxy;

namespace {

using texts = std::vector<std::string>;

std::vector<conf::located<std::string>> located(const texts& words) {
    std::vector<conf::located<std::string>> made;
    for (const auto& word : words) made.push_back({word, {"users.toml", static_cast<std::uint32_t>(made.size() + 1), 1}});
    return made;
}

user with(const texts& commands, const texts& keys = {"~*"}, const texts& channels = {"&*"}) {
    conf::user_settings settings;
    settings.commands = located(commands);
    settings.keys = located(keys);
    settings.channels = located(channels);
    conf::problems found;
    user made;
    made.rights = permissions::compile(settings, found);
    for (const auto& each : found) FAIL(conf::to_string(each));
    return made;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        words.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(std::min(text.size(), words.back().size() + 1));
    }
    return words;
}

// "" or the first word of the denial and its last part in quotes: "NOPERM command".
std::string denied(const user& who, std::string_view text) {
    const auto words = words_of(text);
    const auto* command = protocol::find_command(protocol::command_words(words));
    REQUIRE(command != nullptr);
    return denial(who, *command, words);
}

std::string problem_with(const texts& commands, const texts& keys, const texts& channels) {
    conf::user_settings settings;
    settings.commands = located(commands);
    settings.keys = located(keys);
    settings.channels = located(channels);
    conf::problems found;
    permissions::compile(settings, found);
    return found.size() == 1 ? conf::to_string(found[0]) : std::to_string(found.size()) + " problems";
}

const std::string no_key = "NOPERM this user has no permissions to access one of the keys used as arguments";
const std::string no_channel = "NOPERM this user has no permissions to access one of the channels used as arguments";

std::string no_command(std::string_view name) {
    return "NOPERM this user has no permissions to run the '" + std::string(name) + "' command";
}

}  // namespace

TEST_CASE("permissions: commands are allowed from left to right, by name, subcommand and category", "[proxy]") {
    CHECK(denied(with({}), "PING") == no_command("ping"));
    CHECK(denied(with({}), "AUTH a b").empty());   // and what else is possible without authentication
    CHECK(denied(with({"+@all"}), "FLUSHALL").empty());

    const user reader = with({"+@read", "+config|get", "-@dangerous", "+keys", "-strlen"});
    CHECK(denied(reader, "GET a").empty());
    CHECK(denied(reader, "SET a b") == no_command("set"));
    CHECK(denied(reader, "STRLEN a") == no_command("strlen"));
    CHECK(denied(reader, "KEYS *").empty());
    CHECK(denied(reader, "CONFIG GET a") == no_command("config|get"));   // @dangerous came later
    CHECK(denied(with({"+@all", "-config", "+CONFIG|GET"}), "config get a").empty());
    CHECK(denied(with({"+@all", "-config", "+config|get"}), "CONFIG SET a b") == no_command("config|set"));
    CHECK(denied(with({"+client", "-client|kill"}), "CLIENT LIST").empty());
    CHECK(denied(with({"+client", "-client|kill"}), "CLIENT KILL a") == no_command("client|kill"));
    CHECK(denied(with({"allcommands", "nocommands"}), "PING") == no_command("ping"));
}

TEST_CASE("permissions: every key must match a pattern that gives the right which the command needs", "[proxy]") {
    const user who = with({"+@all"}, {"~bets:*", "%R~read:*", "%W~write:*"});
    CHECK(denied(who, "GET bets:1").empty());
    CHECK(denied(who, "GET other") == no_key);
    CHECK(denied(who, "MGET bets:1 read:1").empty());
    CHECK(denied(who, "MGET bets:1 other") == no_key);
    CHECK(denied(who, "SET read:1 x") == no_key);
    CHECK(denied(who, "SET write:1 x").empty());
    CHECK(denied(who, "SET write:1 x GET") == no_key);      // tells what was there
    CHECK(denied(who, "INCR write:1") == no_key);
    CHECK(denied(who, "APPEND write:1 x").empty());
    CHECK(denied(who, "EXISTS write:1").empty());
    CHECK(denied(who, "COPY read:1 write:1").empty());
    CHECK(denied(who, "COPY write:1 read:1") == no_key);
    CHECK(denied(who, "LMOVE bets:1 write:1 LEFT LEFT").empty());
    CHECK(denied(who, "LMOVE write:1 bets:1 LEFT LEFT") == no_key);
    CHECK(denied(who, "PFCOUNT read:1").empty());
    CHECK(denied(who, "XREAD STREAMS read:1 write:1 0 0") == no_key);
    CHECK(denied(who, "SORT bets:1 STORE other") == no_key);
    CHECK(denied(who, "SORT bets:1 BY other:* LIMIT 0 1") == "ERR BY option of SORT denied due to insufficient ACL permissions.");
    CHECK(denied(who, "SORT bets:1 LIMIT 0 1 GET other") == "ERR GET option of SORT denied due to insufficient ACL permissions.");
    CHECK(denied(who, "SORT bets:1 BY nosort").empty());
}

TEST_CASE("permissions: channels match patterns, PSUBSCRIBE needs a pattern of the user's own, who has subscribed may end it", "[proxy]") {
    const user who = with({"+@all"}, {"~*"}, {"&news.*"});
    CHECK(denied(who, "SUBSCRIBE news.a").empty());
    CHECK(denied(who, "SUBSCRIBE news.a other") == no_channel);
    CHECK(denied(who, "SSUBSCRIBE other") == no_channel);
    CHECK(denied(who, "PUBLISH news.a text").empty());
    CHECK(denied(who, "PUBLISH other news.a") == no_channel);
    CHECK(denied(who, "SPUBLISH other x") == no_channel);
    CHECK(denied(who, "PSUBSCRIBE news.*").empty());
    CHECK(denied(who, "PSUBSCRIBE news.a*") == no_channel);
    CHECK(denied(who, "UNSUBSCRIBE other").empty());
}

TEST_CASE("permissions: scripts are for those who may do everything, since Redis runs them as the proxy", "[proxy]") {
    for (const auto* text : {"EVAL x 0", "EVALSHA x 1 a", "EVAL_RO x 0", "FCALL f 0", "FCALL_RO f 0"}) {
        INFO(text);
        CHECK(denied(with({"+@all"}), text).empty());
        CHECK(denied(with({"+@all", "-flushall"}), text).starts_with("NOPERM a script runs in Redis"));
        CHECK(denied(with({"+@all"}, {"~a*"}), text).starts_with("NOPERM "));
        CHECK(denied(with({"+@all"}, {"~*"}, {}), text).starts_with("NOPERM a script runs in Redis"));
    }
}

TEST_CASE("permissions: only who has all commands, keys and channels may do everything", "[proxy]") {
    CHECK(with({"+@all"}).may_do_everything());
    CHECK_FALSE(with({"+@all", "-flushall"}).may_do_everything());
    CHECK_FALSE(with({"+@all"}, {"~bets:*"}).may_do_everything());
    CHECK_FALSE(with({"+@all"}, {"%R~*"}).may_do_everything());
    CHECK_FALSE(with({"+@all"}, {"~*"}, {}).may_do_everything());
    CHECK_FALSE(user{}.may_do_everything());
    for (const auto by : {user::checks::nobody_yet, user::checks::redis}) {
        user other = with({"+@all"});
        other.by = by;
        CHECK_FALSE(other.may_do_everything());
    }
}

TEST_CASE("permissions: a command that nobody knows is for those who may do everything", "[proxy]") {
    const std::vector<std::string_view> words{"JSON.GET", "a"};
    CHECK(denial_of_unknown(with({"+@all"}), words).empty());
    CHECK(denial_of_unknown(with({"+@all", "-get"}), words).starts_with("ERR unknown command 'JSON.GET'"));
    CHECK(denial_of_unknown(with({"+@all"}, {"~a"}), words).starts_with("ERR unknown command"));
    user nobody;
    nobody.by = user::checks::nobody_yet;
    CHECK(denial_of_unknown(nobody, words).starts_with("ERR unknown command"));
    CHECK(denied(nobody, "GET a") == "NOAUTH Authentication required.");
    CHECK(denied(nobody, "HELLO 3").empty());
}

TEST_CASE("permissions: what is wrong with the words is told with its place", "[proxy]") {
    CHECK(problem_with({"+@all", "get"}, {}, {}) == "users.toml:2:1: commands: 'get': write +command, -command, +@category or -@category");
    CHECK(problem_with({"+gett"}, {}, {}) == "users.toml:1:1: commands: '+gett': there is no command 'gett'; did you mean 'get'?");
    CHECK(problem_with({"+config|gett"}, {}, {}) ==
          "users.toml:1:1: commands: '+config|gett': there is no command 'config|gett'; did you mean 'config|get'?");
    CHECK(problem_with({"+select|0"}, {}, {}) ==
          "users.toml:1:1: commands: '+select|0': 'select' has no subcommands; rules for arguments are not supported");
    CHECK(problem_with({"+@reed"}, {}, {})
              .starts_with("users.toml:1:1: commands: '+@reed': there is no category 'reed'; there are all, keyspace"));
    CHECK(problem_with({}, {"bets:*"}, {}) == "users.toml:1:1: keys: 'bets:*': write ~pattern, %R~pattern or %W~pattern");
    CHECK(problem_with({}, {"%X~a"}, {}) == "users.toml:1:1: keys: '%X~a': write ~pattern, %R~pattern or %W~pattern");
    CHECK(problem_with({}, {"~a b"}, {}) == "users.toml:1:1: keys: '~a b': a pattern contains no space");
    CHECK(problem_with({}, {}, {"news"}) == "users.toml:1:1: channels: 'news': write &pattern");
    CHECK(problem_with({"+nosuch"}, {"x"}, {"y"}) == "3 problems");
}

TEST_CASE("permissions: describes itself as ACL GETUSER does", "[proxy]") {
    const user who = with({"-@all", "+@all", "-@dangerous", "+config|get"}, {"~a", "%R~b", "%W~c", "%RW~d"}, {"&x", "&y"});
    CHECK(who.rights.described_commands() == "+@all -@dangerous +config|get");
    CHECK(who.rights.described_keys() == "~a %R~b %W~c ~d");
    CHECK(who.rights.described_channels() == "&x &y");
    CHECK(with({}).rights.described_commands() == "-@all");
}

TEST_CASE("command_facts: there is room for all commands", "[proxy]") {
    std::size_t rows = 0;
    for (const auto& row : protocol::all_commands()) {
        ++rows;
        for (const auto& sub : row.subcommands) {
            ++rows;
            CHECK(facts_of(sub).number < most_commands);
        }
        CHECK(facts_of(row).number < most_commands);
    }
    CHECK(rows <= most_commands);
}
