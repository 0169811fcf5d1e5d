#pragma once

#include "tests/e2e/shop.hpp"

#include <string>
#include <string_view>

namespace respgres::tests {

// A shop whose proxies follow the change stream of its items. Times to live are so long that only the change stream drops a key in time.
struct follower : shop {
    explicit follower(std::string_view publication = "CREATE PUBLICATION respgres FOR ALL TABLES") { postgres.execute(publication); }

    static constexpr std::string_view all_query = "SELECT name FROM items WHERE id IN (SELECT id FROM items WHERE id <= :most) ORDER BY id";

    // Mappings item:{id} (row-exact), upto:{most} (wide) and first (one key).
    proxy_config following(std::string_view options = {}, std::string_view freshness = {}) const {
        const std::string common = "ttl = \"1h\"\nttl_jitter = 0\nnegative_ttl = \"1h\"\n" + std::string(options) + "\n";
        proxy_config made =
            config("[mapping.item]\nkey = \"item:{id:int}\"\nquery = \"SELECT name FROM items WHERE id = :id\"\n" + common +
                   "[mapping.upto]\nkey = \"upto:{most:int}\"\nshape = \"list\"\nquery = \"" + std::string(all_query) + "\"\n" + common +
                   "[mapping.first]\nkey = \"first\"\nquery = \"SELECT name FROM items ORDER BY id LIMIT 1\"\n" + common);
        // So wide that a loaded machine does not close the gate.
        made.sections = "[freshness]\nsource = \"replication\"\nbound = \"3s\"\n" + std::string(freshness) + "\n";
        return made;
    }

    // PROXY META's value of a field.
    static std::string meta(resp_client& client, const std::string& key, std::string_view field) {
        const std::string reply = client.call({"PROXY", "META", key});
        const std::string name = std::string(field) + "\r\n";
        const auto at = reply.find(name);
        if (at == std::string::npos) throw std::runtime_error("no " + std::string(field) + " in " + reply);
        const auto line = reply.find("\r\n", at + name.size());
        const auto from = reply[at + name.size()] == ':' ? at + name.size() + 1 : line + 2;
        return reply.substr(from, reply.find("\r\n", from) - from);
    }

    // Answers are from Redis: a second read is a hit.
    static bool is_hit(const proxy_process& proxy, resp_client& client, const std::string& mapping, const std::string& key) {
        client.call({"GET", key});
        const auto before = stat(proxy, mapping, "hits");
        client.call({"GET", key});
        return stat(proxy, mapping, "hits") == before + 1;
    }
    static void wait_until_proved(const proxy_process& proxy, resp_client& client) {
        eventually("reads are answered from Redis", [&] { return is_hit(proxy, client, "item", "item:3"); });
    }
};

}  // namespace respgres::tests
