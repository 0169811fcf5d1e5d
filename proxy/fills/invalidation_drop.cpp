#include "proxy/fills/invalidation_drop.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/side_keys.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

// Of one command; Redis serves others in between.
constexpr std::size_t keys_at_once = 500;

// KEYS: registry, then key, lease and tombstone of each. Forgets the keys of which nothing is left; in one piece, since a fill that has its lease must stay
// registered.
constexpr std::string_view prune_body = R"lua(
for i = 2, #KEYS, 3 do
    if redis.call('EXISTS', KEYS[i], KEYS[i + 1], KEYS[i + 2]) == 0 then redis.call('SREM', KEYS[1], KEYS[i]) end
end
return 1
)lua";

redis::script prune_script() {
    static const std::string hash = redis::script_hash(prune_body);
    return {prune_body, hash};
}

failure failed(errc code, std::string words) {
    return {make_error_code(code), std::move(words), {}};
}

// The glob of a pattern's keys, as far as its beginning goes.
std::string glob_of(const key_pattern& pattern) {
    std::string glob;
    for (const char c : pattern.prefix()) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) glob += '\\';
        glob += c;
    }
    return glob + '*';
}

class dropper {
public:
    dropper(redis::sender& over, const mapping_table& mappings, whole_drop how)
        : over_(over), redis_(over), mappings_(mappings), how_(how) {}

    asio::awaitable<outcome<void>> run(const invalidation& what) {
        auto done = co_await drop_keys(what.keys);
        for (std::size_t i = 0; i < what.wide.size() && done.has_value(); ++i) done = co_await drop_all_of(*mappings_.all()[what.wide[i]]);
        co_return done;
    }

private:
    // Sends commands whose replies are integers.
    asio::awaitable<outcome<void>> send(std::string commands, std::size_t replies) {
        auto done = co_await redis::exchange(over_, std::move(commands), replies);
        if (done.has_error()) co_return done.error();
        for (const std::string& reply : done.value())
            if (!reply.starts_with(':')) co_return failed(errc::server_error, reply.substr(0, reply.find('\r')));
        co_return outcome<void>{};
    }

    asio::awaitable<outcome<void>> drop_keys(std::vector<std::string> keys) {
        std::string commands;
        std::size_t replies = 0;
        const std::span<const std::string> all(keys);
        for (std::size_t from = 0; from < all.size(); from += keys_at_once)
            replies += append_drop(commands, all.subspan(from, std::min(keys_at_once, all.size() - from)));
        if (replies == 0) co_return outcome<void>{};
        co_return co_await send(std::move(commands), replies);
    }

    asio::awaitable<outcome<void>> drop_all_of(const mapping& source) {
        if (source.pattern.all_captures().empty()) {
            std::vector<std::string> only{std::string(source.pattern.prefix())};
            co_return co_await drop_keys(std::move(only));
        }
        if (has_trusted_registry(source)) {
            const auto whole = co_await keeps_all_registries();
            if (whole.has_error()) co_return whole.error();
            if (*whole) co_return co_await drop_registered(source);
        }
        const name_filter is_its = [this, &source](const std::string& key) {
            captures found;
            return mappings_.find(key, found) == &source;
        };
        auto dropped = co_await drop_scanned(redis_, glob_of(source.pattern), is_its, is_its);
        if (dropped.has_error()) co_return dropped.error();
        co_return outcome<void>{};
    }

    bool has_trusted_registry(const mapping& source) const {
        if (how_ == whole_drop::by_scan) return false;
        return how_ == whole_drop::by_registry ? source.keeps_registry : source.is_wide;
    }

    // Whether Redis, short of memory, leaves alone what has no TTL. If it does not say, it might not.
    asio::awaitable<outcome<bool>> keeps_all_registries() {
        const redis::arguments ask{"INFO", "memory"};
        auto told = co_await redis_.call(ask);
        if (told.has_error()) co_return told.error();
        const std::string_view text = redis::text_of(*told.value());
        const auto at = text.find("maxmemory_policy:");
        co_return at != std::string_view::npos&& text.find("maxmemory_policy:allkeys", at) != at;
    }

    // A key that is added while this scans was given its lease after the change became visible, so its fill sees that.
    asio::awaitable<outcome<void>> drop_registered(const mapping& source) {
        const std::string registry = registry_name(source.settings.name);
        std::string cursor = "0";
        do {
            const redis::arguments scan{"SSCAN", registry, cursor, "COUNT", "500"};
            auto step = co_await redis_.call(scan);
            if (step.has_error()) co_return step.error();
            const redisReply& reply = *step.value();
            if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2)
                co_return failed(errc::server_error, std::string(redis::text_of(reply)));
            cursor = redis::text_of(*reply.element[0]);
            std::vector<std::string> keys;
            for (std::size_t i = 0; i < reply.element[1]->elements; ++i) keys.emplace_back(redis::text_of(*reply.element[1]->element[i]));
            if (keys.empty()) continue;
            const auto dropped = co_await drop_keys(keys);
            if (dropped.has_error()) co_return dropped.error();
            const auto pruned = co_await prune(registry, keys);
            if (pruned.has_error()) co_return pruned.error();
        } while (cursor != "0");
        co_return outcome<void>{};
    }

    asio::awaitable<outcome<void>> prune(const std::string& registry, const std::vector<std::string>& keys) {
        std::vector<std::string> side;
        side.reserve(keys.size() * 2);
        const std::string count = std::to_string(1 + 3 * keys.size());
        redis::arguments words{count, registry};
        for (const std::string& key : keys) {
            words.push_back(key);
            words.push_back(side.emplace_back(lease_name(key)));
            words.push_back(side.emplace_back(tombstone_name(key)));
        }
        auto done = co_await run_script(redis_, prune_script(), words);
        if (done.has_error()) co_return done.error();
        if (redis::is_error(done.value())) co_return failed(errc::server_error, std::string(redis::text_of(*done.value())));
        co_return outcome<void>{};
    }

    redis::sender& over_;
    redis::client redis_;
    const mapping_table& mappings_;
    whole_drop how_;
};

}  // namespace

asio::awaitable<outcome<void>> drop_invalidated(redis::sender& over, const mapping_table& mappings, const invalidation& what,
                                                whole_drop how) {
    dropper work(over, mappings, how);
    co_return co_await work.run(what);
}

}  // namespace respgres::proxy
