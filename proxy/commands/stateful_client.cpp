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
    database_ = client_.database();
    version_ = client_.version();
    is_realigned_ = false;
    auto taken = co_await services_.dedicated.take(database_, version_, settings_of(client_));
    if (taken.has_error()) co_return error_reply(dedicated_failure_text(taken.error()));
    upstream_ = std::move(taken.value());
    upstream_->set_user(this);
    if (!gone_) co_return std::nullopt;
    release(false);
    co_return error_reply("ERR the client has gone");
}

void stateful_client::release(bool is_clean) {
    watches_ = false;
    if (upstream_ != nullptr) services_.dedicated.give_back(std::move(upstream_), is_clean && !is_realigned_);
}

std::size_t stateful_client::align(std::string& commands) {
    std::size_t replies = 0;
    if (database_ != client_.database()) {
        database_ = client_.database();
        protocol::append_command(commands, {"SELECT", std::to_string(database_)});
        ++replies;
    }
    if (version_ != client_.version()) {
        version_ = client_.version();
        protocol::append_command(commands, {"HELLO", version_ == protocol::resp_version::resp3 ? "3" : "2"});
        ++replies;
    }
    is_realigned_ = is_realigned_ || replies > 0;
    return replies;
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
