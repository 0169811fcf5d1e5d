#include "backends/redis/dedicated_pool.hpp"

#include "backends/redis/handshake.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <string>

namespace respgres::redis {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

namespace {

constexpr std::size_t most_kept = 16;   // of each kind

failure failed(errc code, std::string why) {
    return {make_error_code(code), std::move(why), {}};
}

}  // namespace

bool dedicated::send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies) {
    if (!wire_.is_open()) return false;
    wire_.send(commands, to, token, replies);
    return true;
}

dedicated_pool::dedicated_pool(asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, link_stats& stats,
                               std::size_t limit, std::shared_ptr<const net::tls_context> tls)
    : executor_(executor), poller_(poller), settings_(std::move(settings)), tls_(std::move(tls)), stats_(stats), limit_(limit) {}

dedicated_pool::~dedicated_pool() = default;

asio::awaitable<outcome<std::unique_ptr<dedicated>>> dedicated_pool::take(std::uint32_t database, protocol::resp_version version,
                                                                          const conf::redis_settings* as) {
    const link_settings settings{as != nullptr ? *as : settings_, database, version, tls_};   // copied: the caller's may go
    if (stopped_) co_return failed(errc::cancelled, "the proxy is shutting down");
    if (in_use_ >= limit_) co_return failed(errc::too_many_waiting, "all " + std::to_string(limit_) + " dedicated connections are in use");
    const kind wanted{database, version, settings.redis.user, settings.redis.password};
    ++in_use_;
    std::unique_ptr<dedicated> found;
    auto& kept = kept_[wanted];
    while (!found && !kept.empty()) {
        found = std::move(kept.back());
        kept.pop_back();
        if (!found->wire().is_open()) found.reset();   // Redis closed it meanwhile
    }
    if (!found) {
        const auto deadline = std::chrono::steady_clock::now() + settings_.connect_timeout;
        auto opened = co_await open_connection(settings, deadline);
        if (opened.has_error() || stopped_) {
            --in_use_;
            stats_.connect_failures.add();
            co_return opened.has_error() ? opened.error() : failed(errc::cancelled, "the proxy is shutting down");
        }
        found = std::make_unique<dedicated>(poller_, stats_, opened.value().id);
        found->wire().attach(std::move(opened.value().wire));
    }
    given_out_.emplace(found.get(), wanted);
    stats_.dedicated.add(1);
    co_return std::move(found);
}

void dedicated_pool::give_back(std::unique_ptr<dedicated> returned, bool reusable) {
    const auto known = given_out_.find(returned.get());
    const kind what = known->second;
    given_out_.erase(known);
    stats_.dedicated.add(-1);
    --in_use_;
    returned->set_user(nullptr);
    returned->wire().expect_messages(false);
    auto& kept = kept_[what];
    if (reusable && !stopped_ && returned->wire().is_open() && returned->wire().is_idle() && kept.size() < most_kept) {
        kept.push_back(std::move(returned));
        return;
    }
    // Not destroyed here: this may be called from within its own callbacks.
    returned->wire().close(failed(errc::cancelled, "the connection was given up"));
    asio::post(executor_, [gone = std::shared_ptr<dedicated>(std::move(returned))] {});
}

void dedicated_pool::stop() {
    stopped_ = true;
    kept_.clear();
}

}  // namespace respgres::redis
