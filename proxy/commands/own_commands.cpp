#include "proxy/commands/own_commands.hpp"

#include <algorithm>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;
using redis::raw_replies;

asio::awaitable<outcome<raw_replies>> in_one_piece(redis::sender& through, own_and_theirs commands) {
    const std::size_t count = commands.before_count + commands.theirs_count + commands.after_count;
    auto replies = co_await redis::exchange(through, commands.before + commands.theirs + commands.after, count);
    if (replies.has_error()) co_return replies.error();
    raw_replies& all = replies.value();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(commands.before_count));
    all.resize(commands.theirs_count);
    co_return std::move(all);
}

asio::awaitable<outcome<raw_replies>> one_after_the_other(worker_services& services, redis::sender& through, own_and_theirs commands) {
    if (commands.before_count > 0) {
        const auto done = co_await redis::exchange(services.links.home(), std::move(commands.before), commands.before_count);
        if (done.has_error()) co_return done.error();
    }
    auto replies = co_await redis::exchange(through, std::move(commands.theirs), commands.theirs_count);
    // Not if Redis refused the client; if this fails, a key keeps the expiry that it has.
    const auto is_error = [](const std::string& reply) { return reply.starts_with('-'); };
    const bool refused = replies.has_value() && std::any_of(replies.value().begin(), replies.value().end(), is_error);
    if (commands.after_count > 0 && !refused)
        static_cast<void>(co_await redis::exchange(services.links.home(), std::move(commands.after), commands.after_count));
    co_return replies;
}

}  // namespace

void append_expiry(std::string& out, std::string_view key, const mapping& source, bool is_limit) {
    const std::string ttl = std::to_string(source.settings.ttl.value.count());
    if (is_limit)
        protocol::append_command(out, {"PEXPIRE", key, ttl, "LT"});
    else
        protocol::append_command(out, {"PEXPIRE", key, ttl});
}

asio::awaitable<outcome<raw_replies>> exchange_with_own(worker_services& services, session& client, redis::sender& through,
                                                        own_and_theirs commands) {
    if (client.at_redis() == nullptr) return in_one_piece(through, std::move(commands));
    return one_after_the_other(services, through, std::move(commands));
}

}  // namespace respgres::proxy
