#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace respgres::conf::test;

namespace {

constexpr std::string_view auth = "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\n";
constexpr std::string_view wide = "[server]\nlisten = \"0.0.0.0:6380\"\n";

// A configuration beside a users file.
struct files {
    temporary_directory directory;

    explicit files(std::string_view users, unsigned mode = 0600) { directory.write("users.toml", users, mode); }

    read_outcome read(std::string_view more = {}) const {
        return read_file(directory.write("respgres.toml", std::string(auth).append(more)));
    }
    // Without the directory's name.
    lines problems(std::string_view more = {}) const {
        auto found = to_lines(read(more).found);
        const auto folder = directory.at("");
        for (auto& line : found)
            for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder)) line.erase(at, folder.size());
        return found;
    }
};

}  // namespace

TEST_CASE("users_file: users come with their rules, each word at its place", "[conf]") {
    const files some(
        "[user.ann]\npassword = [\"#a\", \"#b\"]\ncommands = [\"+@all\",\n  \"-get\"]\nkeys = \"~a\"\n"
        "[user.off]\nenabled = false\n[user.default]\nnopass = true\nchannels = [\"&*\"]\n");

    const auto outcome = some.read();

    CHECK(to_lines(outcome.found) == lines{});
    REQUIRE(outcome.value.users.size() == 3);
    const auto& ann = outcome.value.users[0];
    CHECK(ann.name == "ann");
    CHECK(ann.enabled);
    CHECK(ann.password.size() == 2);
    REQUIRE(ann.commands.size() == 2);
    CHECK(ann.commands[1].value == "-get");
    CHECK(to_string(problem{ann.commands[1].where, "x"}) == some.directory.at("users.toml") + ":4:3: x");
    CHECK(ann.keys[0].value == "~a");
    CHECK_FALSE(outcome.value.users[1].enabled);
    CHECK(outcome.value.users[2].nopass);
}

TEST_CASE("users_file: all that is wrong is told at once, and no password", "[conf]") {
    const files wrong(
        "top = 1\n[user]\nx = 1\n[user.ann]\ncomands = [\"+get\"]\n[user.bob]\nnopass = true\npassword = \"secret\"\n"
        "[user.\"a b\"]\nnopass = true\n[user.cy]\nkeys = [1]\npassword = \"x\"\n[users.x]\n");

    CHECK(wrong.problems() ==
          lines{"users.toml:1:1: 'top': a users file has only sections with headers [user.NAME]",
                "users.toml:3:1: 'x' in [user] must be a user's table with the header [user.NAME], not an integer",
                "users.toml:4:1: [user.ann] needs 'password' (respgres hash-password makes one), or nopass = true, or enabled = false",
                "users.toml:5:1: unknown key 'comands' in [user.ann]; did you mean 'commands'?",
                "users.toml:6:1: [user.bob]: nopass = true says that any password is right; leave out password, or nopass",
                "users.toml:9:1: [user.a b]: a name has 1 to 128 printable characters, no space",
                "users.toml:12:9: keys: must be a string, not an integer",
                "users.toml:14:2: 'users': a users file has only sections with headers [user.NAME]"});
}

TEST_CASE("users_file: a file that is open to all, missing, no TOML, or not asked for is a problem", "[conf]") {
    CHECK(files("[user.a]\nnopass = true\n", 0644).problems() ==
          lines{"respgres.toml:3:14: users_file: 'users.toml' is open to every user of this machine; chmod 600 or 640 it"});
    CHECK(files("[user.a]\nnopass = true\n", 0640).problems() == lines{});
    CHECK(files("[user.a\n").problems().size() == 1);
    CHECK(problems_of("[auth]\nmode = \"users\"\nusers_file = \"/no/such/file\"\n") ==
          lines{"t:3:14: users_file: '/no/such/file' cannot be read: No such file or directory"});
    CHECK(problems_of("[auth]\nmode = \"users\"\n") == lines{"t:2:8: mode: \"users\" needs users_file, the file that names them"});
    CHECK(problems_of("[auth]\nusers_file = \"u\"\n") ==
          lines{"t:2:14: users_file: it is read only with mode = \"users\"; set that, or leave it out"});
    CHECK(problems_of("[auth]\nmode = \"all\"\n") == lines{"t:2:8: mode: 'all' is none of none, users or redis"});
}

TEST_CASE("users_file: other hosts may connect where clients must authenticate", "[conf]") {
    CHECK(files("[user.a]\npassword = \"#x\"\n").problems(wide) == lines{});
    CHECK(files("[user.a]\npassword = \"#x\"\n[user.default]\nnopass = true\nenabled = false\n").problems(wide) == lines{});
    CHECK(files("[user.default]\nnopass = true\n").problems(wide).size() == 1);
    CHECK(problems_of(std::string(wide)).size() == 1);
    CHECK(problems_of(std::string(wide) + "[auth]\nmode = \"redis\"\n") == lines{});
}
