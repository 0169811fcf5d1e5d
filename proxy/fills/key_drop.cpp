#include "proxy/fills/key_drop.hpp"

#include "backends/redis/refusal.hpp"
#include "backends/redis/scan_step.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/plants.hpp"

#include <fnmatch.h>

#include <string_view>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;

asio::awaitable<outcome<redis::scan_step>> scan(redis::client& redis, std::string cursor, std::string_view glob) {
    const redis::arguments words{"SCAN", cursor, "MATCH", glob, "COUNT", "1000"};
    auto asked = co_await redis.call(words);
    if (asked.has_error()) co_return asked.error();
    co_return redis::read_scan_step(*asked.value());
}

void append_unlink(std::string& out, std::span<const std::string> keys) {
    protocol::append_array_header(out, 1 + keys.size());
    protocol::append_bulk(out, "UNLINK");
    for (const std::string& key : keys) protocol::append_bulk(out, key);
}

}  // namespace

std::size_t append_drop(std::string& out, std::span<const std::string> keys) {
    if (planted(plant::value_before_token)) append_unlink(out, keys);
    protocol::append_array_header(out, 1 + 2 * keys.size());
    protocol::append_bulk(out, "DEL");
    for (const std::string& key : keys) {
        protocol::append_bulk(out, planted(plant::token_kept) ? tombstone_name(key) : lease_name(key));
        protocol::append_bulk(out, tombstone_name(key));
    }
    if (!planted(plant::value_before_token)) append_unlink(out, keys);
    return 2;
}

asio::awaitable<outcome<std::size_t>> unlink(redis::client& redis, std::span<const std::string> names) {
    if (names.empty()) co_return std::size_t{0};
    redis::arguments words{"UNLINK"};
    words.insert(words.end(), names.begin(), names.end());
    auto done = co_await redis.call(words);
    if (done.has_error()) co_return done.error();
    if (done.value()->type != REDIS_REPLY_INTEGER) co_return redis::refusal(*done.value());
    co_return static_cast<std::size_t>(done.value()->integer);
}

asio::awaitable<outcome<std::size_t>> unlink_scanned(redis::client& redis, std::string glob, const name_filter& wanted) {
    std::size_t dropped = 0;
    std::string cursor = "0";
    do {
        auto step = co_await scan(redis, cursor, glob);
        if (step.has_error()) co_return step.error();
        std::vector<std::string> chosen;
        for (std::string& name : step.value().found)
            if (wanted(name)) chosen.push_back(std::move(name));
        auto done = co_await unlink(redis, chosen);
        if (done.has_error()) co_return done.error();
        dropped += done.value();
        cursor = step.value().cursor;
    } while (cursor != "0");
    co_return dropped;
}

asio::awaitable<outcome<std::size_t>> drop_scanned(redis::client& redis, std::string glob, const name_filter& wanted,
                                                   const name_filter& found) {
    const name_filter beside_wanted = [&glob, &wanted](const std::string& name) {
        const auto key = key_of_side_key(name);
        return key && ::fnmatch(glob.c_str(), std::string(*key).c_str(), 0) == 0 && wanted(std::string(*key));
    };
    auto side = co_await unlink_scanned(redis, std::string(side_key_glob), beside_wanted);
    if (side.has_error()) co_return side.error();
    co_return co_await unlink_scanned(redis, glob, found);
}

}  // namespace respgres::proxy
