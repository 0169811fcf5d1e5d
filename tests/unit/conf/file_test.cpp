#include "conf/reader.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace respgres::conf;
using namespace respgres::conf::test;

namespace {

lines problems_of_file(const std::string& path) {
    return to_lines(read_file(path).found);
}

}  // namespace

TEST_CASE("file: one that cannot be read as a whole is one problem", "[conf]") {
    const temporary_directory folder;
    const auto none = folder.at("none.toml");
    CHECK(problems_of_file(none) == lines{none + ": the configuration file cannot be read: No such file or directory"});
    CHECK(problems_of_file(folder.at(".")) == lines{folder.at(".") + ": the configuration file is not a regular file"});

    const auto empty = folder.write("empty.toml", " \n\t\r\n");
    CHECK(problems_of_file(empty) ==
          lines{empty + ": the configuration file is empty; respgres serve needs a configuration, conf/betting.toml is an example"});

    const auto large = folder.write("large.toml", std::string(1024 * 1024 + 1, '#'));
    CHECK(problems_of_file(large) == lines{large + ": the configuration file is larger than 1MiB"});
    CHECK(problems_of_file(folder.write("fits.toml", std::string(1024 * 1024, '#'))) == lines{});

    const auto pipe = folder.at("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(problems_of_file(pipe) == lines{pipe + ": the configuration file is not a regular file"});   // and does not wait for a writer
}

TEST_CASE("file: one without permission to read says so", "[conf]") {
    const temporary_directory folder;
    const auto path = folder.write("closed.toml", "[log]\n", 0);
    const bool is_root = ::geteuid() == 0;   // root reads everything: it looks with a nobody's eyes
    constexpr uid_t nobody = 65534;
    if (is_root) REQUIRE(::seteuid(nobody) == 0);

    const auto found = problems_of_file(path);

    if (is_root) REQUIRE(::seteuid(0) == 0);
    CHECK(found == lines{path + ": the configuration file cannot be read: Permission denied"});
}

TEST_CASE("file: a password comes from a private file beside the configuration", "[conf]") {
    const temporary_directory folder;
    folder.write("redis.password", "hunter2\n");
    const auto absolute = folder.write("postgres.password", " p w \r\n", 0400);
    const auto outcome = read_file(folder.write(
        "c.toml", "[redis]\npassword_file = \"redis.password\"\n[postgres]\nurl = \"host=a\"\npassword_file = \"" + absolute + "\"\n"));

    CHECK(to_lines(outcome.found) == lines{});
    CHECK(outcome.value.redis.password == "hunter2");
    CHECK(outcome.value.redis.user == "");
    CHECK(outcome.value.postgres.password == " p w ");
}

TEST_CASE("file: a password file that is missing, open, empty or no single line is refused without its content", "[conf]") {
    const temporary_directory folder;
    const auto problem_with = [&](const std::string& section) {
        const auto path = folder.write("c.toml", section + "password_file = \"p\"\n");
        auto all = problems_of_file(path);
        REQUIRE(all.size() == 1);
        CHECK(all[0].find("hunter2") == std::string::npos);
        REQUIRE(all[0].starts_with(path));
        return all[0].substr(path.size());
    };
    const auto name = "'" + folder.at("p") + "'";
    for (const std::string section : {"[redis]\n", "[postgres]\n"}) {
        std::filesystem::remove(folder.at("p"));
        CHECK(problem_with(section) == ":2:17: password_file: " + name + " cannot be read: No such file or directory");
        for (const unsigned mode : {0604u, 0602u, 0644u, 0666u}) {
            folder.write("p", "hunter2", mode);
            CHECK(problem_with(section) == ":2:17: password_file: " + name + " is open to every user of this machine; chmod 600 or 640 it");
        }
        folder.write("p", "\n", 0600);
        CHECK(problem_with(section) == ":2:17: password_file: " + name + " holds no password");
        folder.write("p", "hunter2\n\n");
        CHECK(problem_with(section) == ":2:17: password_file: " + name + " must hold one line, the password");
        folder.write("p", std::string(4'097, 'x'));
        CHECK(problem_with(section) == ":2:17: password_file: " + name + " is larger than 4KiB");
    }
}

TEST_CASE("file: a configuration with a password in a url must not be open to every user", "[conf]") {
    const temporary_directory folder;
    const auto path = folder.at("c.toml");
    const auto problems_with = [&](const std::string& url, unsigned mode) {
        return problems_of_file(
            folder.write("c.toml", "[redis]\nurl = \"redis://" + url + "\"\n[postgres]\nurl = \"postgresql://" + url + "/d\"\n", mode));
    };
    const std::string open =
        "url: it holds a password, and every user of this machine can read the file; chmod 600 or 640 it, or set password_file";
    CHECK(problems_with("u:secret@h", 0644) == lines{path + ":2:7: " + open, path + ":4:7: " + open});
    CHECK(problems_with("u:secret@h", 0640) == lines{});
    CHECK(problems_with("h", 0644) == lines{});
}

TEST_CASE("file: a password stands in the url or in a file, not in both", "[conf]") {
    const temporary_directory folder;
    folder.write("p", "hunter2");
    const auto path = folder.at("c.toml");
    const auto problem_with = [&](const std::string& section, const std::string& url) {
        return problems_of_file(folder.write("c.toml", "[" + section + "]\nurl = \"" + url + "\"\npassword_file = \"p\"\n"));
    };
    const lines both{path + ":3:17: password_file: the url has a password too; keep one of them"};
    CHECK(problem_with("redis", "redis://:secret@h") == both);
    CHECK(problem_with("redis", "redis://user@h") == lines{});
    CHECK(problem_with("postgres", "postgresql://u:secret@h/d") == both);
    CHECK(problem_with("postgres", "host=h password=secret") == both);
    CHECK(problem_with("postgres", "postgresql://u@h/d") == lines{});

    CHECK(problems_of("[redis]\nurl = \"redis://user@h\"\n") ==
          lines{"t:2:7: url: a user without a password; write redis://user:password@host, or set password_file"});
}
