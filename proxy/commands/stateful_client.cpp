#include "proxy/commands/stateful_client.hpp"

#include "proxy/commands/reply_bytes.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <utility>

namespace respgres::proxy {

stateful_client& stateful_client::of(worker_services& services, session& client) {
    if (client.state() == nullptr) client.set_state(std::make_unique<stateful_client>(services, client));
    return *find(client);
}

boost::asio::awaitable<std::optional<std::string>> stateful_client::acquire() {
    if (upstream_ != nullptr) co_return std::nullopt;
    auto taken = co_await services_.dedicated.take(client_.database(), client_.version());
    if (taken.has_error()) co_return error_reply(dedicated_failure_text(taken.error()));
    upstream_ = std::move(taken.value());
    upstream_->set_user(this);
    if (!gone_) co_return std::nullopt;
    release(false);
    co_return error_reply("ERR the client has gone");
}

void stateful_client::release(bool is_clean) {
    watches_ = false;
    if (upstream_ != nullptr) services_.dedicated.give_back(std::move(upstream_), is_clean);
}

void stateful_client::end_watch() {
    watch_broke_ = false;
    release(true);
}

// Ends a blocking command, too: who waits for its reply is told.
void stateful_client::on_client_gone() {
    if (std::exchange(gone_, true)) return;
    release(false);
    subscriptions.close();
}

void stateful_client::on_broken(const backends::failure&) {
    watch_broke_ = watch_broke_ || watches_;
}

}  // namespace respgres::proxy
