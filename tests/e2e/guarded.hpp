// A redis-server with ACL users, and a proxy whose users file says the same, given the same commands.
#pragma once

#include "tests/e2e/wire_compare.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace respgres::tests {

// One user in both languages. The password is "secret of NAME".
struct guarded_user {
    std::string name;
    std::vector<std::string> commands;
    std::vector<std::string> keys;
    std::vector<std::string> channels;

    std::string password() const { return "secret of " + name; }
    // As `ACL SETUSER` takes it.
    std::vector<std::string> acl() const {
        std::vector<std::string> words{"ACL", "SETUSER", name, "reset", "on", ">" + password()};
        for (const auto* part : {&commands, &keys, &channels}) words.insert(words.end(), part->begin(), part->end());
        return words;
    }
    std::string toml() const {
        const auto list = [](const char* option, const std::vector<std::string>& words) {
            std::string line = std::string(option) + " = [";
            for (const auto& word : words) line += "\"" + word + "\", ";
            return words.empty() ? std::string() : line + "]\n";
        };
        return "[user." + name + "]\npassword = \"" + hash() + "\"\n" + list("commands", commands) + list("keys", keys) +
               list("channels", channels);
    }
    // Redis' own way to store a password, made by Redis' own tools.
    std::string hash() const {
        const auto made = run_program({"bash", "-c", "printf %s '" + password() + "' | sha256sum"});
        return "#" + made.output.substr(0, 64);
    }
};

class guarded_pair {
public:
    // The user `default` is not open: clients must authenticate.
    explicit guarded_pair(std::vector<guarded_user> users, const std::string& server_options = {}, const std::string& auth_options = {})
        : proxy_(config(users, behind_, server_options, auth_options)) {
        resp_client admin(direct_.port());
        for (const auto& each : users) REQUIRE(admin.call(each.acl()) == "+OK\r\n");
        REQUIRE(admin.call({"ACL", "SETUSER", "default", "off", "resetpass", ">unused"}) == "+OK\r\n");
    }

    proxy_process& proxy() { return proxy_; }
    resp_client direct_client() const { return resp_client(direct_.port()); }
    resp_client proxy_client() const { return resp_client(proxy_.port()); }

private:
    static proxy_config config(const std::vector<guarded_user>& users, const redis_server& redis, const std::string& server_options,
                               const std::string& auth_options) {
        proxy_config made;
        made.redis_url = redis.url();
        made.server_options = server_options;
        made.sections = "[auth]\nmode = \"users\"\nusers_file = \"users.toml\"\n" + auth_options;
        for (const auto& each : users) made.users += each.toml();
        made.postgres_url = "postgresql://nobody@127.0.0.1:1/none";   // without mappings nobody asks it
        return made;
    }

    redis_server direct_;
    redis_server behind_;
    proxy_process proxy_;
};

// A client of each.
class guarded_clients {
public:
    explicit guarded_clients(const guarded_pair& servers) : direct_(servers.direct_client()), proxied_(servers.proxy_client()) {}

    resp_client& proxied() { return proxied_; }

    std::string same(const std::vector<std::string>& words) {
        std::string shown;
        for (const auto& word : words) shown.append(shortened(word)).append(" ");
        INFO(shown);
        const auto expected = direct_.call(words);
        CHECK(proxied_.call(words) == expected);
        return expected;
    }
    std::string same(std::initializer_list<std::string> words) { return same(std::vector<std::string>(words)); }
    void same_lines(std::initializer_list<const char*> lines) {
        for (const char* line : lines) same(words_of(line));
    }
    void same_raw(std::string_view bytes) {
        INFO(shortened(bytes));
        direct_.send_raw(bytes);
        proxied_.send_raw(bytes);
        CHECK(proxied_.read_all_until_close() == direct_.read_all_until_close());
    }
    // Both speak RESP3 from now on. HELLO's replies differ: they tell the connection's number.
    void speak_resp3() {
        REQUIRE(direct_.hello3().starts_with("%7"));
        REQUIRE(proxied_.hello3().starts_with("%7"));
    }
    void become(const guarded_user& who) { REQUIRE(same({"AUTH", who.name, who.password()}) == "+OK\r\n"); }

private:
    resp_client direct_;
    resp_client proxied_;
};

}  // namespace respgres::tests
