// Two fresh redis-servers that are given the same commands: one directly, one through a proxy.
#pragma once

#include "tests/e2e/wire_compare.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>
#include <vector>

namespace respgres::tests {

// The proxy has one mapping, whose keys nobody asks for, so that each key is looked up.
class twin_redis {
public:
    explicit twin_redis(const std::string& server_options = {}) : proxy_(config(behind_, server_options)) {}

    resp_client direct_client() const { return resp_client(direct_.port()); }
    resp_client proxy_client() const { return resp_client(proxy_.port()); }
    proxy_process& proxy() { return proxy_; }

private:
    static proxy_config config(const redis_server& redis, const std::string& server_options) {
        proxy_config made;
        made.redis_url = redis.url();
        made.postgres_url = postgres_server::shared().url();
        made.server_options = server_options;
        made.mappings = "[mapping.one]\nkey = \"mapped:{id:int}\"\nshape = \"string\"\nttl = \"1m\"\nquery = \"SELECT :id::text\"\n";
        return made;
    }

    redis_server direct_;
    redis_server behind_;
    proxy_process proxy_;
};

// A client of each, in the same state.
class twin_clients {
public:
    explicit twin_clients(const twin_redis& servers) : direct_(servers.direct_client()), proxied_(servers.proxy_client()) {}

    resp_client& direct() { return direct_; }
    resp_client& proxied() { return proxied_; }

    // Sends the words to both and checks that the replies are alike; returns the direct one.
    std::string same(const std::vector<std::string>& words, likeness how = likeness::exact) {
        std::string shown;
        for (const auto& word : words) shown.append(shortened(word)).append(" ");
        INFO(shown);
        const auto expected = direct_.call(words);
        check_alike(proxied_.call(words), expected, how);
        return expected;
    }
    std::string same(std::initializer_list<std::string> words, likeness how = likeness::exact) {
        return same(std::vector<std::string>(words), how);
    }

    // Each line as same() takes its words.
    void same_lines(std::initializer_list<const char*> lines) {
        for (const char* line : lines) same(words_of(line));
    }

    // Both speak this version from now on. HELLO's replies differ: they tell the connection's number.
    void speak(const char* version) {
        direct_.call({"HELLO", version});
        proxied_.call({"HELLO", version});
    }

    // Sends the words to both, whose replies are compared later.
    void send(const std::vector<std::string>& words) {
        direct_.send(words);
        proxied_.send(words);
    }
    // Reads replies and pushes of both and checks that they are equal, up to the one that Redis gives as `last`.
    void same_until(std::string_view last) {
        for (std::string expected; expected != last;) {
            expected = direct_.read_reply();
            check_alike(proxied_.read_reply(), expected, likeness::exact);
        }
    }

    // Sends the bytes to both and checks that `replies` replies are equal, in order.
    void same_raw(std::string_view bytes, std::size_t replies) {
        INFO(shortened(bytes));
        direct_.send_raw(bytes);
        proxied_.send_raw(bytes);
        for (std::size_t i = 0; i < replies; ++i) {
            INFO("reply " << i);
            const auto expected = direct_.read_reply();
            check_alike(proxied_.read_reply(), expected, likeness::exact);
        }
    }

private:
    static void check_alike(const std::string& reply, const std::string& expected, likeness how) {
        const auto ours = essence_of(reply, how);
        const auto redis = essence_of(expected, how);
        if (ours == redis)
            SUCCEED();
        else
            FAIL_CHECK("Redis says " << shortened(redis) << "\nthe proxy   " << shortened(ours));
    }

    resp_client direct_;
    resp_client proxied_;
};

}  // namespace respgres::tests
