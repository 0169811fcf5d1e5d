#include "proxy/leader/shard.hpp"

#include "backends/redis/handshake.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/plants.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;

// Of one command; Redis serves others in between.
constexpr std::size_t keys_at_once = 500;

// KEYS: watermark. ARGV: what it must be ('' = absent), what it becomes.
constexpr std::string_view write_body = R"lua(
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
)lua";

// KEYS: registry, then key, lease and tombstone of each. Forgets the keys of which nothing is left; in one piece, since a fill that has its lease must stay
// registered.
constexpr std::string_view prune_body = R"lua(
for i = 2, #KEYS, 3 do
    if redis.call('EXISTS', KEYS[i], KEYS[i + 1], KEYS[i + 2]) == 0 then redis.call('SREM', KEYS[1], KEYS[i]) end
end
return 1
)lua";

redis::script write_script() {
    // Without its first line, which compares.
    static const std::string_view text = planted(plant::set_instead_of_cas) ? write_body.substr(write_body.find('\n', 1)) : write_body;
    static const std::string hash = redis::script_hash(text);
    return {text, hash};
}

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

}  // namespace

shard::shard(asio::any_io_executor executor, net::poller& poller, redis::link_settings settings, std::string mark,
             const mapping_table& mappings)
    : executor_(std::move(executor)), poller_(poller), settings_(std::move(settings)), mark_name_(std::move(mark)), mappings_(mappings) {}

void shard::close() {
    redis_.reset();
    if (connection_) connection_->wire().close(failed(errc::cancelled, "the connection was closed"));
    connection_.reset();
    mark_.reset();
    mark_text_.clear();
}

void shard::check_time_limit(time_point now) {
    if (!connection_ || !connection_->wire().is_open() || connection_->wire().is_idle()) return;
    if (now - connection_->wire().last_progress() < settings_.redis.timeout) return;
    connection_->wire().break_because(failed(errc::timed_out, "Redis did not answer in time"));
}

asio::awaitable<shard::outcome> shard::attach(time_point limit) {
    close();
    auto opened = co_await redis::open_connection(settings_, limit);
    if (opened.has_error()) co_return opened.error();
    connection_ = std::make_unique<redis::dedicated>(poller_, stats_, opened->id);
    connection_->wire().attach(std::move(opened->wire));
    redis_.emplace(*connection_);
    const redis::arguments role{"ROLE"};
    const redis::arguments get{"GET", mark_name_};
    const std::vector<redis::arguments> questions{role, get};
    auto answers = co_await redis_->call_all(questions);
    if (answers.has_error()) co_return answers.error();
    const redisReply& is = *answers.value()[0];
    // An ACL may forbid ROLE: then a replica is told by its refusal of what is written.
    if (is.type == REDIS_REPLY_ARRAY && is.elements > 0 && redis::text_of(*is.element[0]) != "master")
        co_return failed(errc::server_error, "it is a replica, not a master");
    const redisReply& text = *answers.value()[1];
    if (redis::is_error(answers.value()[1])) co_return failed(errc::server_error, std::string(redis::text_of(text)));
    if (text.type == REDIS_REPLY_STRING) mark_text_ = redis::text_of(text);
    mark_ = parse_watermark(mark_text_);
    co_return outcome{};
}

// Sends commands whose replies are integers.
asio::awaitable<shard::outcome> shard::send(std::string commands, std::size_t replies) {
    auto done = co_await redis::exchange(*connection_, std::move(commands), replies);
    if (done.has_error()) co_return done.error();
    for (const std::string& reply : done.value())
        if (!reply.starts_with(':')) co_return failed(errc::server_error, reply.substr(0, reply.find('\r')));
    co_return outcome{};
}

asio::awaitable<shard::outcome> shard::drop_keys(std::vector<std::string> keys) {
    std::string commands;
    std::size_t replies = 0;
    const std::span<const std::string> all(keys);
    for (std::size_t from = 0; from < all.size(); from += keys_at_once)
        replies += append_drop(commands, all.subspan(from, std::min(keys_at_once, all.size() - from)));
    if (replies == 0) co_return outcome{};
    co_return co_await send(std::move(commands), replies);
}

asio::awaitable<shard::outcome> shard::drop(const invalidation& what) {
    auto done = co_await drop_keys(what.keys);
    for (std::size_t i = 0; i < what.wide.size() && done.has_value(); ++i) done = co_await drop_all_of(*mappings_.all()[what.wide[i]]);
    co_return done;
}

asio::awaitable<shard::outcome> shard::drop_all_of(const mapping& source) {
    if (source.pattern.all_captures().empty()) {
        std::vector<std::string> only{std::string(source.pattern.prefix())};
        co_return co_await drop_keys(std::move(only));
    }
    if (source.keeps_registry) {
        const auto whole = co_await keeps_all_registries();
        if (whole.has_error()) co_return whole.error();
        if (*whole) co_return co_await drop_registered(source);
    }
    const name_filter is_its = [this, &source](const std::string& key) {
        captures found;
        return mappings_.find(key, found) == &source;
    };
    auto dropped = co_await drop_scanned(*redis_, glob_of(source.pattern), is_its, is_its);
    if (dropped.has_error()) co_return dropped.error();
    co_return outcome{};
}

// Whether Redis, short of memory, leaves alone what has no TTL. If it does not say, it might not.
asio::awaitable<backends::outcome<bool>> shard::keeps_all_registries() {
    const redis::arguments ask{"INFO", "memory"};
    auto told = co_await redis_->call(ask);
    if (told.has_error()) co_return told.error();
    const std::string_view text = redis::text_of(*told.value());
    const auto at = text.find("maxmemory_policy:");
    co_return at != std::string_view::npos&& text.find("maxmemory_policy:allkeys", at) != at;
}

// A key that is added while this scans was given its lease after the change became visible, so its fill sees that.
asio::awaitable<shard::outcome> shard::drop_registered(const mapping& source) {
    const std::string registry = registry_name(source.settings.name);
    std::string cursor = "0";
    do {
        auto step = co_await scan(registry, cursor, "500");
        if (step.has_error()) co_return step.error();
        cursor = step->cursor;
        if (step->keys.empty()) continue;
        const auto dropped = co_await drop_keys(step->keys);
        if (dropped.has_error()) co_return dropped.error();
        const auto pruned = co_await prune(registry, step->keys);
        if (pruned.has_error()) co_return pruned.error();
    } while (cursor != "0");
    co_return outcome{};
}

asio::awaitable<backends::outcome<shard::members>> shard::scan(const std::string& registry, std::string cursor, std::string count) {
    const redis::arguments words{"SSCAN", registry, cursor, "COUNT", count};
    auto step = co_await redis_->call(words);
    if (step.has_error()) co_return step.error();
    const redisReply& reply = *step.value();
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2) co_return failed(errc::server_error, std::string(redis::text_of(reply)));
    members found;
    found.cursor = redis::text_of(*reply.element[0]);
    for (std::size_t i = 0; i < reply.element[1]->elements; ++i) found.keys.emplace_back(redis::text_of(*reply.element[1]->element[i]));
    co_return found;
}

asio::awaitable<backends::outcome<std::string>> shard::prune_some(const mapping& source, std::string cursor) {
    const std::string registry = registry_name(source.settings.name);
    auto step = co_await scan(registry, std::move(cursor), "100");
    if (step.has_error()) co_return step.error();
    if (!step->keys.empty()) {
        const auto pruned = co_await prune(registry, step->keys);
        if (pruned.has_error()) co_return pruned.error();
    }
    co_return std::move(step->cursor);
}

asio::awaitable<shard::outcome> shard::prune(const std::string& registry, const std::vector<std::string>& keys) {
    std::vector<std::string> side;
    side.reserve(keys.size() * 2);
    const std::string count = std::to_string(1 + 3 * keys.size());
    redis::arguments words{count, registry};
    for (const std::string& key : keys) {
        words.push_back(key);
        words.push_back(side.emplace_back(lease_name(key)));
        words.push_back(side.emplace_back(tombstone_name(key)));
    }
    auto done = co_await run_script(*redis_, prune_script(), words);
    if (done.has_error()) co_return done.error();
    if (redis::is_error(done.value())) co_return failed(errc::server_error, std::string(redis::text_of(*done.value())));
    co_return outcome{};
}

asio::awaitable<shard::outcome> shard::write(watermark next) {
    std::string text = to_string(next);
    const redis::arguments words{"1", mark_name_, mark_text_, text};
    auto done = co_await run_script(*redis_, write_script(), words);
    if (done.has_error()) co_return done.error();
    const redisReply& reply = *done.value();
    if (redis::is_error(done.value())) co_return failed(errc::server_error, std::string(redis::text_of(reply)));
    if (reply.integer != 1) co_return failed(errc::server_error, "its watermark is another than was written last");
    mark_text_ = std::move(text);
    mark_ = std::move(next);
    co_return outcome{};
}

asio::awaitable<shard::outcome> shard::purge() {
    const name_filter is_followed = [this](const std::string& key) {
        captures found;
        const mapping* source = mappings_.find(key, found);
        return source != nullptr && source->follows_changes;
    };
    const name_filter nothing = [](const std::string&) { return false; };
    auto dropped = co_await drop_scanned(*redis_, "*", planted(plant::purge_keeps_leases) ? nothing : is_followed, is_followed);
    if (dropped.has_error()) co_return dropped.error();
    co_return outcome{};
}

}  // namespace respgres::proxy
