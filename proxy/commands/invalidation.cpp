#include "proxy/commands/invalidation.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/plants.hpp"

#include <fnmatch.h>

#include <array>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;
using names = std::vector<std::string>;

bool has_wildcards(std::string_view glob) {
    return glob.find_first_of("*?[\\") != std::string_view::npos;
}

// One step of a scan: the names found, and the cursor of the next step ("0": the end).
struct scan_step {
    names found;
    std::string cursor;
};

asio::awaitable<outcome<scan_step>> scan(redis::client& redis, std::string cursor, std::string_view glob) {
    const redis::arguments words{"SCAN", cursor, "MATCH", glob, "COUNT", "1000"};
    auto asked = co_await redis.call(words);
    if (asked.has_error()) co_return asked.error();
    const redisReply& reply = *asked.value();
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2)
        co_return failure{make_error_code(errc::server_error), std::string(redis::text_of(reply)), {}};
    scan_step step;
    step.cursor = redis::text_of(*reply.element[0]);
    for (std::size_t i = 0; i < reply.element[1]->elements; ++i) step.found.emplace_back(redis::text_of(*reply.element[1]->element[i]));
    co_return step;
}

// Deletes the names and returns how many were there.
asio::awaitable<outcome<std::size_t>> unlink(redis::client& redis, const names& dropped) {
    if (dropped.empty()) co_return std::size_t{0};
    redis::arguments words{"UNLINK"};
    words.insert(words.end(), dropped.begin(), dropped.end());
    auto done = co_await redis.call(words);
    if (done.has_error()) co_return done.error();
    if (done.value()->type != REDIS_REPLY_INTEGER)
        co_return failure{make_error_code(errc::server_error), std::string(redis::text_of(*done.value())), {}};
    co_return static_cast<std::size_t>(done.value()->integer);
}

// Drops every key that the scan finds and `wanted` takes.
template <class Predicate>
asio::awaitable<outcome<std::size_t>> drop_scanned(redis::client& redis, std::string glob, Predicate wanted) {
    std::size_t dropped = 0;
    std::string cursor = "0";
    do {
        auto step = co_await scan(redis, cursor, glob);
        if (step.has_error()) co_return step.error();
        names chosen;
        for (std::string& name : step.value().found)
            if (wanted(name)) chosen.push_back(std::move(name));
        auto done = co_await unlink(redis, chosen);
        if (done.has_error()) co_return done.error();
        dropped += done.value();
        cursor = step.value().cursor;
    } while (cursor != "0");
    co_return dropped;
}

}  // namespace

void append_drop_side_keys(std::string& out, std::string_view key) {
    const std::string lease = lease_name(key);
    const std::string tombstone = tombstone_name(key);
    const std::array<std::string_view, 3> words{"DEL", planted(plant::token_kept) ? tombstone : lease, tombstone};
    protocol::append_command(out, words);
}

asio::awaitable<outcome<std::size_t>> invalidate_matching(worker_services& services, std::string glob) {
    auto& stats = services.stats.mappings;
    const auto is_mapped = [&services, &stats](const std::string& key) {
        captures found;
        const mapping* source = services.mappings.find(key, found);
        if (source != nullptr) stats[source->index].invalidations.add();
        return source != nullptr;
    };
    if (!has_wildcards(glob)) {
        if (!is_mapped(glob)) co_return std::size_t{0};
        names side{lease_name(glob), tombstone_name(glob)};
        names itself{glob};
        if (planted(plant::token_kept)) side.erase(side.begin());
        if (planted(plant::value_before_token)) side.swap(itself);
        auto first = co_await unlink(services.redis, side);
        if (first.has_error()) co_return first.error();
        co_return co_await unlink(services.redis, itself);
    }
    const auto of_matching_key = [&glob](const std::string& name) {
        const auto key = key_of_side_key(name);
        return key && ::fnmatch(glob.c_str(), std::string(*key).c_str(), 0) == 0;
    };
    auto side = co_await drop_scanned(services.redis, std::string(side_key_glob), of_matching_key);
    if (side.has_error()) co_return side.error();
    co_return co_await drop_scanned(services.redis, glob, is_mapped);
}

}  // namespace respgres::proxy
