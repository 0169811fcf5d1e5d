#include "proxy/fills/key_registry.hpp"

#include "backends/redis/refusal.hpp"
#include "proxy/fills/side_keys.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;

// KEYS: registry, then key, lease and tombstone of each. In one piece, since a fill that has its lease must stay registered.
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

}  // namespace

asio::awaitable<outcome<redis::scan_step>> scan_registry(redis::client& redis, const std::string& registry, std::string cursor,
                                                         std::string_view count) {
    const redis::arguments words{"SSCAN", registry, cursor, "COUNT", count};
    auto asked = co_await redis.call(words);
    if (asked.has_error()) co_return asked.error();
    co_return redis::read_scan_step(*asked.value());
}

asio::awaitable<outcome<void>> prune_registry(redis::client& redis, const std::string& registry, const std::vector<std::string>& keys) {
    if (keys.empty()) co_return outcome<void>{};
    std::vector<std::string> side;
    side.reserve(keys.size() * 2);
    const std::string count = std::to_string(1 + 3 * keys.size());
    redis::arguments words{count, registry};
    for (const std::string& key : keys) {
        words.push_back(key);
        words.push_back(side.emplace_back(lease_name(key)));
        words.push_back(side.emplace_back(tombstone_name(key)));
    }
    auto done = co_await run_script(redis, prune_script(), words);
    if (done.has_error()) co_return done.error();
    if (redis::is_error(done.value())) co_return redis::refusal(*done.value());
    co_return outcome<void>{};
}

asio::awaitable<outcome<std::string>> forget_expired(redis::client& redis, const std::string& registry, std::string cursor) {
    auto step = co_await scan_registry(redis, registry, std::move(cursor), "100");
    if (step.has_error()) co_return step.error();
    const auto pruned = co_await prune_registry(redis, registry, step->found);
    if (pruned.has_error()) co_return pruned.error();
    co_return std::move(step->cursor);
}

}  // namespace respgres::proxy
