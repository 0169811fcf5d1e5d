#include "conf/options/tables.hpp"
#include "conf/reader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace respgres::conf;

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("describe: the reference has a table for each section and a row for each option", "[conf]") {
    const auto text = "\n" + describe();

    std::size_t rows = 0;
    const auto check_section = [&](std::string_view name, const auto& section, std::string_view) {
        INFO(name);
        CHECK(text.find("\n### [" + std::string{name} + "]\n") != std::string::npos);
        for (const auto& option : options_of(section)) {
            INFO(option.name);
            CHECK(text.find("\n| `" + std::string{option.name} + "` | ") != std::string::npos);
            ++rows;
        }
    };
    const settings defaults;
    for_each_section(defaults, check_section);
    check_section("mapping.NAME", mapping_settings{}, "");
    check_section("rule.NAME", rule_settings{}, "");
    check_section("user.NAME", user_settings{}, "");

    CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) ==
          1 + rows + 12 * 6 + 11);  // 6 lines of frame, blank between
}

TEST_CASE("describe: a row has values, default and meaning", "[conf]") {
    const auto text = describe();

    CHECK(has_line(text, "| key | values | default | meaning |"));
    CHECK(has_line(text,
                   "| `listen` | list of address | `\"127.0.0.1:6380\"` | where clients connect: `host:port`, `[ipv6]:port`, "
                   "`tls:host:port`, `unix:/path`; port 0 takes a free one |"));
    CHECK(has_line(text, "| `workers` | 0 to 256 | `0` | threads that serve clients; 0 = one per core |"));
    CHECK(has_line(text, "| `max_bulk` | 1KiB to 512MiB | `\"16MiB\"` | one argument of a command |"));
    CHECK(
        has_line(text,
                 "| `protected_mode` | `true`, `false` | `true` | refuse to listen on addresses that are not loopback, unless clients must "
                 "authenticate or have certificates |"));
    CHECK(has_line(
        text, "| `unix_socket_mode` | octal digits | `\"600\"` | who may connect to a Unix socket: the permission bits of its file |"));
    CHECK(has_line(text, "| `drain_timeout` | 0 to 1h | `\"5s\"` | how long requests in flight may take after SIGTERM |"));
    CHECK(has_line(text,
                   "| `shape` | `string`, `json`, `json_row`, `hash`, `list`, `set`, `zset`, `counter` | `\"string\"` | the Redis type of "
                   "a filled key and how rows become it |"));
    CHECK(has_line(text, "| `ttl` | 1ms to 365d | required | how long a filled key lives |"));
    CHECK(has_line(text, "| `ttl_jitter` | 0 to 0.9 | `0.1` | part of the TTL by which keys filled together expire apart |"));
}

TEST_CASE("describe: what it gives as defaults is within the bounds of its own rows", "[conf]") {
    // Reading back each default as a configuration finds no problem: the initialisers and the tables agree.
    std::string toml;
    const settings defaults;
    for_each_section(defaults, [&](std::string_view name, const auto& section, std::string_view) {
        toml += "[" + std::string{name} + "]\n";
        for (const auto& option : options_of(section)) {
            auto value = option.show(section, option.range);
            std::erase(value, '`');
            if (!value.empty()) toml += std::string{option.name} + " = " + value + "\n";
        }
    });
    INFO(toml);
    const auto found = read_text(toml, "defaults").found;
    CHECK((found.empty() ? "" : to_string(found.front())) == "");
}
