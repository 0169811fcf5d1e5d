#include "proxy/leader/shard.hpp"

#include "backends/redis/handshake.hpp"
#include "backends/redis/refusal.hpp"
#include "proxy/fills/invalidation_drop.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/key_registry.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/plants.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;

// KEYS: watermark. ARGV: what it must be ('' = absent), what it becomes.
constexpr std::string_view write_body = R"lua(
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
)lua";

redis::script write_script() {
    // Without its first line, which compares.
    static const std::string_view text = planted(plant::set_instead_of_cas) ? write_body.substr(write_body.find('\n', 1)) : write_body;
    static const std::string hash = redis::script_hash(text);
    return {text, hash};
}

failure failed(errc code, std::string words) {
    return {make_error_code(code), std::move(words), {}};
}

}  // namespace

shard::shard(asio::any_io_executor executor, net::poller& poller, redis::link_settings settings, std::string mark,
             const mapping_table& mappings)
    : executor_(std::move(executor)), poller_(poller), settings_(std::move(settings)), mark_name_(std::move(mark)), mappings_(mappings) {}

void shard::interrupt() {
    if (connection_) connection_->wire().close(failed(errc::cancelled, "the connection was closed"));
}

void shard::close() {
    interrupt();
    redis_.reset();
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
    if (redis::is_error(answers.value()[1])) co_return redis::refusal(text);
    if (text.type == REDIS_REPLY_STRING) mark_text_ = redis::text_of(text);
    mark_ = parse_watermark(mark_text_);
    co_return outcome{};
}

asio::awaitable<shard::outcome> shard::drop(const invalidation& what, whole_drop how) {
    co_return co_await drop_invalidated(*connection_, mappings_, what, how);
}

asio::awaitable<backends::outcome<std::string>> shard::prune_some(const mapping& source, std::string cursor) {
    const std::string registry = registry_name(source.settings.name);
    co_return co_await forget_expired(*redis_, registry, std::move(cursor));
}

asio::awaitable<shard::outcome> shard::write(watermark next) {
    std::string text = to_string(next);
    const redis::arguments words{"1", mark_name_, mark_text_, text};
    auto done = co_await run_script(*redis_, write_script(), words);
    if (done.has_error()) co_return done.error();
    const redisReply& reply = *done.value();
    if (redis::is_error(done.value())) co_return redis::refusal(reply);
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
