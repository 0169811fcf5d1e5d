#include "proxy/commands/invalidation_inbox.hpp"

#include "proxy/commands/reply_bytes.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

constexpr std::string_view push_begin = ">2\r\n$10\r\ninvalidate\r\n";

}  // namespace

std::string redirect_broken_push(std::uint64_t target) {
    return ">2\r\n$21\r\ntracking-redir-broken\r\n:" + std::to_string(target) + "\r\n";
}

boost::asio::awaitable<std::optional<std::string>> invalidation_inbox::open() {
    auto taken = co_await services_.dedicated.take(services_.settings.redis.database, protocol::resp_version::resp3);
    if (taken.has_error()) co_return error_reply(dedicated_failure_text(taken.error()));
    upstream_ = std::move(taken.value());
    upstream_->set_user(this);
    co_return std::nullopt;
}

void invalidation_inbox::close() {
    if (upstream_ != nullptr) services_.dedicated.give_back(std::move(upstream_), false);
}

void invalidation_inbox::on_message(std::string_view bytes, bool complete) {
    message_.append(bytes);
    if (!complete) return;
    std::string whole = std::exchange(message_, {});
    if (!whole.starts_with(push_begin)) return;
    const auto target = services_.clients.find(target_);
    if (target == nullptr) return tell_broken();
    target->invalidate(whole.substr(push_begin.size()));
}

void invalidation_inbox::on_broken(const backends::failure&) {
    tell_broken();
}

// Redis sees that the connection has gone, and says from then on what is said here: see stateful_client::on_message.
void invalidation_inbox::tell_broken() {
    if (owner_.version() == protocol::resp_version::resp3) owner_.push(redirect_broken_push(target_));
    close();
}

void deliver_invalidation(session& to, std::string_view keys) {
    if (to.version() == protocol::resp_version::resp3) {
        to.push(std::string(push_begin).append(keys));
        return;
    }
    const auto* state = stateful_client::find(to);
    if (state == nullptr || !state->subscriptions.is_active()) return;
    to.push(std::string("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n").append(keys));
}

}  // namespace respgres::proxy
