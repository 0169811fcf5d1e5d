#pragma once

#include "backends/errors.hpp"
#include "backends/redis/connection.hpp"
#include "backends/redis/link.hpp"
#include "backends/redis/sender.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace respgres::redis {

// A connection that belongs to one client for a while, because what it sends blocks or changes the connection's state. Its user is told of
// messages and of its end.
class dedicated final : public connection::owner, public sender {
public:
    class user {
    public:
        // RESP3's pushes, or a subscriber's messages: bytes as receiver::on_reply gives them.
        virtual void on_message(std::string_view bytes, bool complete) = 0;
        // The connection breaks. Who waits for a reply is told next.
        virtual void on_broken(const backends::failure& why) = 0;

    protected:
        ~user() = default;
    };

    // `id`: the number that Redis knows the connection by.
    dedicated(net::poller& poller, link_stats& stats, std::uint64_t id) : wire_(poller, stats, *this), id_(id) {}

    connection& wire() { return wire_; }
    void set_user(user* told) { user_ = told; }
    std::uint64_t id() const { return id_; }

    // False once it has broken.
    [[nodiscard]] bool send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies = 1) override;
    const backends::failure& last_failure() const override { return last_failure_; }

private:
    void on_broken(const backends::failure& why) override {
        last_failure_ = why;
        if (user_ != nullptr) user_->on_broken(why);
    }
    void on_message(std::string_view bytes, bool complete) override {
        if (user_ != nullptr) user_->on_message(bytes, complete);
    }

    connection wire_;
    user* user_ = nullptr;
    std::uint64_t id_;
    backends::failure last_failure_;
};

// A worker's dedicated connections, opened on demand. One that comes back idle and in the state in which it was given out is kept for the next: RESET would
// cost a round trip and the handshake anew. Whoever changed its state closes it instead.
//
// Not thread-safe: one worker's. Must outlive what it has given out.
class dedicated_pool {
public:
    // At most `limit` at a time, those that are kept not counted. `tls` for a rediss:// url.
    dedicated_pool(boost::asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, link_stats& stats,
                   std::size_t limit, std::shared_ptr<const net::tls_context> tls = {});
    ~dedicated_pool();

    // `as`: the settings with another user and password than the pool's own; null = those. Errors: too_many_waiting when `limit` are in use, those of connecting, cancelled after stop().
    boost::asio::awaitable<backends::outcome<std::unique_ptr<dedicated>>> take(std::uint32_t database, protocol::resp_version version,
                                                                               const conf::redis_settings* as = nullptr);

    // With `reusable` false, or not idle, or broken, it is closed.
    void give_back(std::unique_ptr<dedicated> returned, bool reusable);

    std::size_t in_use() const { return in_use_; }
    // Nothing is given out any more, and nothing kept.
    void stop();

private:
    // Database, version, user and password: what a connection that is kept must have in common with what is asked for.
    using kind = std::tuple<std::uint32_t, protocol::resp_version, std::string, std::string>;

    boost::asio::any_io_executor executor_;
    net::poller& poller_;
    conf::redis_settings settings_;
    std::shared_ptr<const net::tls_context> tls_;
    link_stats& stats_;
    std::size_t limit_;
    std::size_t in_use_ = 0;
    bool stopped_ = false;
    std::map<kind, std::vector<std::unique_ptr<dedicated>>> kept_;
    std::map<const dedicated*, kind> given_out_;
};

}  // namespace respgres::redis
