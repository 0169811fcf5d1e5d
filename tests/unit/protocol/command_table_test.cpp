#include "protocol/commands/command_table.hpp"
#include "protocol/commands/empty_reply.hpp"
#include "protocol/commands/ignoring_case.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace respgres::protocol;

namespace {

struct key_example {
    std::string_view command;
    std::string_view keys;
};

#include "tests/unit/protocol/key_examples.ipp"

// Splits at single spaces; the word "" is the empty string.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        words.push_back(word == "\"\"" ? "" : word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return words;
}

std::string keys_of(const std::vector<std::string_view>& words) {
    const command_info* command = find_command(words[0]);
    REQUIRE(command != nullptr);
    std::string text;
    for_each_key(*command, words, [&](key_position key) {
        constexpr std::string_view access[] = {"RO", "RW", "OW", "RM"};
        text.append(text.empty() ? "" : " ").append(words.at(key.argument)).append(":").append(access[static_cast<int>(key.access)]);
    });
    return text;
}

handling handling_of_text(std::string_view text) {
    const auto words = words_of(text);
    return handling_of(*find_command(words[0]), words);
}

template <class Change>
std::string changed(std::string_view text, Change change) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), change);
    return result;
}

std::string in_mixed_case(std::string_view name) {
    bool upper = false;
    return changed(name, [&](char c) { return (upper = !upper) ? to_upper(c) : c; });
}

// Every row, subcommands too.
std::vector<const command_info*> all_rows() {
    std::vector<const command_info*> rows;
    for (const command_info& row : all_commands()) {
        rows.push_back(&row);
        for (const command_info& subcommand : row.subcommands) {
            rows.push_back(&subcommand);
        }
    }
    return rows;
}

}  // namespace

TEST_CASE("command_table: has the 240 commands and 126 subcommands of Redis 7.0 and PROXY, sorted and unique", "[protocol]") {
    const auto by_name = [](const command_info& a, const command_info& b) { return a.name < b.name; };
    const auto not_ascending = [](const command_info& a, const command_info& b) { return a.name >= b.name; };
    const auto commands = all_commands();
    std::size_t subcommands = 0;

    CHECK(commands.size() == 240 + 1);
    CHECK(std::adjacent_find(commands.begin(), commands.end(), not_ascending) == commands.end());
    for (const command_info& command : commands) {
        CAPTURE(command.name);
        CHECK(changed(command.name, to_lower) == command.name);
        CHECK(std::is_sorted(command.subcommands.begin(), command.subcommands.end(), by_name));
        subcommands += command.name == "proxy" ? 0 : command.subcommands.count;
        for (const command_info& subcommand : command.subcommands) {
            CHECK(subcommand.name.starts_with(std::string(command.name) + "|"));
        }
    }
    CHECK(subcommands == 126);
}

TEST_CASE("command_table: every command is found in lower, upper and mixed case", "[protocol]") {
    for (const command_info& command : all_commands()) {
        CAPTURE(command.name);
        CHECK(find_command(command.name) == &command);
        CHECK(find_command(changed(command.name, to_upper)) == &command);
        CHECK(find_command(in_mixed_case(command.name)) == &command);
    }
}

TEST_CASE("command_table: names that only resemble a command are not found", "[protocol]") {
    std::set<std::string_view> names;
    for (const command_info& command : all_commands()) {
        names.insert(command.name);
    }
    for (const std::string_view name : names) {
        CAPTURE(name);
        std::vector<std::string> neighbours = {std::string(name) + "x", "x" + std::string(name), std::string(name) + '\0',
                                               std::string(name) + " "};
        for (std::size_t cut = 1; cut < name.size(); ++cut) {
            neighbours.emplace_back(name.substr(0, cut));
            neighbours.emplace_back(name.substr(cut));
            neighbours.emplace_back(name);
            // What a careless case fold takes for the same: "ge4", or a CR for the '-' of restore-asking.
            const bool is_letter = name[cut] >= 'a' && name[cut] <= 'z';
            neighbours.back()[cut] = static_cast<char>(name[cut] ^ (is_letter ? 0x40 : 0x20));
        }
        for (const std::string& neighbour : neighbours) {
            CAPTURE(neighbour);
            CHECK((find_command(neighbour) != nullptr) == names.contains(neighbour));
        }
    }
    CHECK(find_command("") == nullptr);
    CHECK(find_command("client|id") == nullptr);
    CHECK(find_command(std::string(100'000, 'g')) == nullptr);
    CHECK(find_command("g\xc3\xa9t") == nullptr);
}

TEST_CASE("command_table: subcommands are found as Redis finds them", "[protocol]") {
    const auto found = [](std::string_view text) {
        const command_info* row = find_command(command_words(words_of(text)));
        return row != nullptr ? std::string(row->name) : "none";
    };

    CHECK(found("CLIENT ID") == "client|id");
    CHECK(found("Client No-Evict on") == "client|no-evict");
    CHECK(found("CLIENT") == "client");
    CHECK(found("CLIENT nope") == "none");
    CHECK(found("CLIENT \"\"") == "none");
    CHECK(found("COMMAND") == "command");
    CHECK(found("PROXY stats") == "proxy|stats");
    CHECK(found("GET ID") == "get");
    CHECK(found("NOPE ID") == "none");
    CHECK(find_command(command_words()) == nullptr);
}

TEST_CASE("command_table: arity counts the name, and a negative one is a minimum", "[protocol]") {
    const command_info& get = *find_command("get");
    const command_info& mget = *find_command("mget");

    CHECK_FALSE(get.arity_fits(0));
    CHECK_FALSE(get.arity_fits(1));
    CHECK(get.arity_fits(2));
    CHECK_FALSE(get.arity_fits(3));
    CHECK_FALSE(mget.arity_fits(1));
    CHECK(mget.arity_fits(2));
    CHECK(mget.arity_fits(1'000'000));
}

TEST_CASE("command_table: what the proxy refuses says why", "[protocol]") {
    for (const command_info* row : all_rows()) {
        CAPTURE(row->name);
        const bool may_block = row->has(command_flag::blocking);
        CHECK(row->why.empty() == (row->how != handling::refused));
        CHECK((row->why.empty() || row->why.back() != '.'));
        if (may_block) {
            CHECK((row->how == handling::blocking || row->name.starts_with("xread")));
        }
    }
}

TEST_CASE("command_table: a read command only reads its keys", "[protocol]") {
    for (const command_info* row : all_rows()) {
        CAPTURE(row->name);
        CHECK_FALSE((row->has(command_flag::readonly) && row->has(command_flag::write)));
        for (const key_spec& spec : row->keys) {
            CHECK((!row->has(command_flag::readonly) || spec.access == key_access::read));
        }
    }
}

TEST_CASE("command_table: who answers a command", "[protocol]") {
    CHECK(handling_of_text("GET k") == handling::forward);
    CHECK(handling_of_text("PING") == handling::local);
    CHECK(handling_of_text("CLIENT ID") == handling::local);
    CHECK(handling_of_text("CLIENT nope") == handling::local);
    CHECK(handling_of_text("MULTI") == handling::stateful);
    CHECK(handling_of_text("BLPOP k 0") == handling::blocking);
    CHECK(handling_of_text("MONITOR") == handling::refused);
    CHECK(handling_of_text("SCRIPT LOAD x") == handling::forward);
    CHECK(handling_of_text("SCRIPT debug yes") == handling::refused);
    CHECK(handling_of_text("MODULE LIST") == handling::forward);
    CHECK(handling_of_text("MODULE LOAD x") == handling::refused);
}

TEST_CASE("command_table: XREAD and XREADGROUP block only with the option BLOCK", "[protocol]") {
    CHECK(handling_of_text("XREAD STREAMS a 0") == handling::forward);
    CHECK(handling_of_text("XREAD BLOCK 0 STREAMS a 0") == handling::blocking);
    CHECK(handling_of_text("xread count 1 block 5 streams a 0") == handling::blocking);
    CHECK(handling_of_text("XREADGROUP GROUP g c BLOCK 0 STREAMS a >") == handling::blocking);
    CHECK(handling_of_text("XREADGROUP NOACK GROUP g c COUNT 2 bLoCk 0 STREAMS a >") == handling::blocking);
    // The word as a stream, a group, a consumer, or without its value.
    CHECK(handling_of_text("XREAD STREAMS BLOCK 0") == handling::forward);
    CHECK(handling_of_text("XREADGROUP GROUP BLOCK c STREAMS a >") == handling::forward);
    CHECK(handling_of_text("XREADGROUP GROUP g block STREAMS a >") == handling::forward);
    CHECK(handling_of_text("XREAD COUNT BLOCK STREAMS a 0") == handling::forward);
    CHECK(handling_of_text("XREAD COUNT 1 BLOCK") == handling::forward);
}

TEST_CASE("command_table: options tell whether a command sets an expiry", "[protocol]") {
    const auto sets = [](std::string_view text) { return sets_expiry_with(*find_command(words_of(text)[0]), words_of(text)); };

    CHECK(sets("SET k v EX 10"));
    CHECK(sets("SET k v NX GET pxat 10"));
    CHECK(sets("GETEX k PX 10"));
    CHECK(sets("SETEX k 10 v"));
    CHECK(sets("EXPIRE k 10"));
    CHECK(sets("RESTORE k 10 dump"));
    CHECK_FALSE(sets("SET k EX"));
    CHECK_FALSE(sets("SET k v"));
    CHECK_FALSE(sets("SET k v KEEPTTL"));
    CHECK_FALSE(sets("SET k v EX"));
    CHECK_FALSE(sets("GETEX k"));
    CHECK_FALSE(sets("GETEX k PERSIST"));
    CHECK_FALSE(sets("PERSIST k"));
    CHECK_FALSE(sets("RESTORE k 0 dump"));
    CHECK_FALSE(sets("HSET k EX 1"));
}

TEST_CASE("command_table: options tell whether a command overwrites without a look at what was there", "[protocol]") {
    const auto overwrites = [](std::string_view text) { return overwrites_with(*find_command(words_of(text)[0]), words_of(text)); };

    CHECK(overwrites("SET k v"));
    CHECK(overwrites("SET k NX EX 10"));
    CHECK(overwrites("SETEX k 10 v"));
    CHECK(overwrites("MSET a 1 b 2"));
    CHECK_FALSE(overwrites("SET k v NX"));
    CHECK_FALSE(overwrites("SET k v EX 10 xx"));
    CHECK_FALSE(overwrites("SET k v PX 10 Get"));
    CHECK_FALSE(overwrites("GETSET k v"));
    CHECK_FALSE(overwrites("SETNX k v"));
    CHECK_FALSE(overwrites("HSET k f v"));
}

TEST_CASE("for_each_key: finds the keys and accesses that Redis finds", "[protocol]") {
    for (const key_example& example : key_examples) {
        CAPTURE(example.command);
        CHECK(keys_of(words_of(example.command)) == example.keys);
    }
}

TEST_CASE("for_each_key: the examples cover every command and subcommand that has keys", "[protocol]") {
    std::set<std::string_view> covered = {"pfcount"};   // ours differs from Redis; see the next case
    for (const key_example& example : key_examples) {
        const auto words = words_of(example.command);
        covered.insert(find_command(command_words(words))->name);
    }
    for (const command_info* row : all_rows()) {
        CAPTURE(row->name);
        CHECK((!row->has_keys() || covered.contains(row->name)));
    }
}

TEST_CASE("for_each_key: takes what Redis executes where its COMMAND GETKEYS says something else", "[protocol]") {
    CHECK(keys_of(words_of("PFCOUNT a b")) == "a:RO b:RO");   // Redis: RW, for the count that it caches
    CHECK(keys_of(words_of("PFMERGE d")) == "d:RW");          // Redis: invalid arguments, yet it creates d
    // A group named "streams" behind another option; Redis: the keys c and STREAMS.
    CHECK(keys_of(words_of("XREADGROUP COUNT 1 GROUP streams c STREAMS k >")) == "k:RO");
    CHECK(keys_of(words_of("SORT k STORE STORE DESC")) == "k:RO STORE:OW");                  // Redis: DESC
    CHECK(keys_of(words_of("GEORADIUS k 1 2 3 m STORE a STORE b")) == "k:RO b:OW");          // Redis: a
    CHECK(keys_of(words_of("GEORADIUS k 1 2 3 m STORE a STOREDIST b")) == "k:RO b:OW");      // Redis: a and b
    CHECK(keys_of(words_of("BITFIELD k GET GET SET")) == "k:RO");
}

TEST_CASE("for_each_key: a key count that is no number or too large yields no keys", "[protocol]") {
    for (const std::string_view text : {"EVAL script 2 a",
                                        "EVAL script -1 a",
                                        "EVAL script one a",
                                        "EVAL script 9223372036854775808 a",
                                        "EVAL script 9223372036854775807 a",
                                        "EVAL script 2147483647 a",
                                        "EVAL script 4294967297 a",
                                        "EVAL script 01 a",
                                        "EVAL script +1 a",
                                        "EVAL script \"\" a",
                                        "EVAL script 1",
                                        "ZUNIONSTORE d 3 a b",
                                        "ZUNIONSTORE d x a",
                                        "ZUNIONSTORE d -1 a",
                                        "ZINTER 5 a b",
                                        "SINTERCARD 3 a b",
                                        "LMPOP 9 a LEFT",
                                        "BLMPOP 0 99 a LEFT",
                                        "ZMPOP 1.5 a MIN",
                                        "ZDIFF 0 a",
                                        "FCALL f 3 a b",
                                        "ZINTERCARD 1e1 a"}) {
        CAPTURE(text);
        CHECK(keys_of(words_of(text)).empty());
    }
}

TEST_CASE("for_each_key: commands without keys, and words that do not fit the arity, have none", "[protocol]") {
    for (const std::string_view text : {"OBJECT HELP",     "OBJECT nope k", "OBJECT",
                                        "OBJECT ENCODING", "XINFO HELP",    "MEMORY DOCTOR",
                                        "SCRIPT LOAD x",   "PUBLISH c m",   "SSUBSCRIBE c",
                                        "SPUBLISH c m",    "KEYS *",        "SCAN 0",
                                        "FLUSHALL",        "CONFIG GET x",  "CLUSTER KEYSLOT k",
                                        "PROXY META k",    "GET",           "GET a b",
                                        "SET k",           "BLPOP a",       "XREAD STREAMS",
                                        "XREAD COUNT 1 2", "DEL",           "MIGRATE host 1 k"}) {
        CAPTURE(text);
        CHECK(keys_of(words_of(text)).empty());
    }
}

TEST_CASE("for_each_key: the fast path of one key agrees with it", "[protocol]") {
    CHECK(has_single_key(*find_command("get")));
    CHECK(has_single_key(*find_command("hset")));
    for (const std::string_view name : {"set", "bitfield", "mget", "del", "copy", "sort", "eval", "xread", "object", "ping", "zunion"}) {
        CAPTURE(name);
        CHECK_FALSE(has_single_key(*find_command(name)));
    }
    for (const command_info& command : all_commands()) {
        if (!has_single_key(command)) {
            continue;
        }
        CAPTURE(command.name);
        std::vector<std::string_view> words(static_cast<std::size_t>(std::abs(command.arity)), "word");
        words[0] = command.name;
        std::vector<key_position> keys;
        for_each_key(command, words, [&](key_position key) { keys.push_back(key); });
        REQUIRE(keys.size() == 1);
        CHECK(keys[0].argument == 1);
        CHECK(keys[0].access == command.keys[0].access);
    }
}

TEST_CASE("for_each_key: stays within any list of words", "[protocol]") {
    constexpr std::string_view odd_words[] = {"",        "k",      "0",     "1",     "2",     "-1",    "9",      "18446744073709551617",
                                              "STREAMS", "store",  "GET",   "block", "COUNT", "GROUP", "EX",     "STOREDIST",
                                              "KEYS",    "BY",     "limit", "SET",   "NX",    "AUTH2", "INCRBY", "encoding",
                                              "usage",   "CREATE", "stream"};
    std::minstd_rand random(7);
    for (const command_info* row : all_rows()) {
        CAPTURE(row->name);
        for (std::size_t round = 0; round < 400; ++round) {
            // An array of exactly that many, so that the address sanitizer sees a read behind it.
            const std::size_t count = 1 + round % 8;
            const auto words = std::make_unique<std::string_view[]>(count);
            words[0] = row->name;
            std::generate(words.get() + 1, words.get() + count, [&] { return odd_words[random() % std::size(odd_words)]; });
            const command_words view(words.get(), count);
            std::size_t beyond = 0;
            for_each_key(*row, view, [&](key_position key) { beyond += key.argument >= count ? 1 : 0; });
            handling_of(*row, view);
            sets_expiry_with(*row, view);
            overwrites_with(*row, view);
            unknown_command_error(view);
            REQUIRE(beyond == 0);
        }
    }
}

TEST_CASE("command errors: unknown commands in the words of Redis 7.0", "[protocol]") {
    const auto error = [](std::vector<std::string_view> words) { return unknown_command_error(words); };
    const std::string x120(120, 'x');
    const std::string x200(200, 'x');

    CHECK(error({"FOO"}) == "ERR unknown command 'FOO', with args beginning with: ");
    CHECK(error({"FOO", "a", "b"}) == "ERR unknown command 'FOO', with args beginning with: 'a' 'b' ");
    CHECK(error({"FOO", "", "it's"}) == "ERR unknown command 'FOO', with args beginning with: '' 'it's' ");
    CHECK(error({"foo\r\nbar", "x\r\ny"}) == "ERR unknown command 'foo  bar', with args beginning with: 'x  y' ");
    CHECK(error({std::string_view("foo\0bar", 7), std::string_view("x\0y", 3), "z"}) ==
          "ERR unknown command 'foo', with args beginning with: 'x' 'z' ");
    CHECK(error({"FOO", x120, "yyyyyyyyyyyyyyyy", "z"}) == "ERR unknown command 'FOO', with args beginning with: '" + x120 + "' 'yyyyy' ");
    CHECK(error({"FOO", std::string_view(x200).substr(0, 127), "z"}) ==
          "ERR unknown command 'FOO', with args beginning with: '" + x200.substr(0, 127) + "' ");
    CHECK(error({x200, x200, "z"}) ==
          "ERR unknown command '" + x200.substr(0, 128) + "', with args beginning with: '" + x200.substr(0, 128) + "' ");
    CHECK(error({"client|id"}) == "ERR unknown command 'client|id', with args beginning with: ");
    CHECK(error({""}) == "ERR unknown command '', with args beginning with: ");
}

TEST_CASE("command errors: unknown subcommands in the words of Redis 7.0", "[protocol]") {
    const auto error = [](std::vector<std::string_view> words) { return unknown_command_error(words); };
    const std::string long_name(200, 'A');

    CHECK(error({"CLIENT", "nope"}) == "ERR unknown subcommand 'nope'. Try CLIENT HELP.");
    CHECK(error({"object", "NoPE", "x"}) == "ERR unknown subcommand 'NoPE'. Try OBJECT HELP.");
    CHECK(error({"client", "a\r\nb"}) == "ERR unknown subcommand 'a  b'. Try CLIENT HELP.");
    CHECK(error({"client", ""}) == "ERR unknown subcommand ''. Try CLIENT HELP.");
    CHECK(error({"Client", long_name}) == "ERR unknown subcommand '" + long_name.substr(0, 128) + "'. Try CLIENT HELP.");
}

TEST_CASE("command errors: wrong arity in the words of Redis 7.0, and unsupported commands in ours", "[protocol]") {
    const auto unsupported = [](std::string_view text) {
        return unsupported_command_error(*find_command(words_of(text)[0]), words_of(text));
    };

    CHECK(wrong_arity_error(find_command("GeT")->name) == "ERR wrong number of arguments for 'get' command");
    CHECK(wrong_arity_error(find_command(command_words(words_of("CLIENT ID x")))->name) ==
          "ERR wrong number of arguments for 'client|id' command");
    CHECK(unsupported("monitor") ==
          "ERR unsupported command 'MONITOR': it would show one client the commands of all others; use it at Redis itself");
    CHECK_THAT(unsupported("script debug yes"), Catch::StartsWith("ERR unsupported command 'SCRIPT|DEBUG': it turns"));
}

TEST_CASE("may_mean_absent: a reply that only an existing key gives is not taken for an absent one", "[protocol]") {
    const auto absent = [](std::string_view name, std::string_view reply) { return may_mean_absent(*find_command(name), reply); };

    CHECK_FALSE(absent("get", "$5\r\nvalue\r\n"));
    CHECK_FALSE(absent("get", "$0\r\n\r\n"));
    CHECK_FALSE(absent("get", "$3\r\n$-1\r\n"));
    CHECK_FALSE(absent("hmget", "*2\r\n$-1\r\n$1\r\nv\r\n"));
    CHECK_FALSE(absent("smismember", "*2\r\n:0\r\n:1\r\n"));
    CHECK_FALSE(absent("hgetall", "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"));
    CHECK_FALSE(absent("ttl", ":-1\r\n"));
    CHECK_FALSE(absent("ttl", ":-20\r\n"));
    CHECK_FALSE(absent("type", "+hash\r\n"));
    CHECK_FALSE(absent("llen", ":10\r\n"));
    CHECK_FALSE(absent("hscan", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"));
    CHECK_FALSE(absent("get", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"));
    CHECK_FALSE(absent("get", "-LOADING Redis is loading the dataset in memory\r\n"));
    CHECK_FALSE(absent("get", ""));
    CHECK(absent("get", "$-1\r\n"));
    CHECK(absent("getrange", "$0\r\n\r\n"));
    CHECK(absent("geopos", "*2\r\n*-1\r\n*-1\r\n"));
    CHECK(absent("eval_ro", "+whatever\r\n"));
}
