#include "backends/redis/link_set.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace respgres::redis {

namespace asio = boost::asio;

struct link_set::member {
    member(asio::any_io_executor executor, net::poller& poller, link_settings settings, link_stats& stats, log_function on_change)
        : shared(executor, poller, std::move(settings), stats, std::move(on_change)), ended(executor, 1) {}

    link shared;
    asio::experimental::channel<void(boost::system::error_code)> ended;
};

link_set::link_set(asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, link_stats& stats,
                   log_function on_change, std::shared_ptr<const net::tls_context> tls)
    : executor_(executor),
      poller_(poller),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      stats_(stats),
      on_change_(std::move(on_change)) {
    home_ = &find(settings_.database, protocol::resp_version::resp2);
}

link_set::~link_set() = default;

std::unique_ptr<link_set::member> link_set::add(link_settings settings, log_function on_change) {
    auto added = std::make_unique<member>(executor_, poller_, std::move(settings), stats_, std::move(on_change));
    auto ended = [kept = added.get()](std::exception_ptr thrown) {
        kept->ended.try_send(boost::system::error_code{});
        if (thrown) std::rethrow_exception(thrown);
    };
    asio::co_spawn(executor_, added->shared.run(), std::move(ended));
    return added;
}

link& link_set::find(std::uint32_t database, protocol::resp_version version) {
    auto& found = members_[{database, version}];
    if (found) return found->shared;
    const bool is_home = members_.size() == 1;
    // One voice is enough: the home link speaks for the server.
    auto tell = is_home ? on_change_ : [](bool, const std::string&) {};
    found = add({settings_, database, version, tls_}, std::move(tell));
    return found->shared;
}

link& link_set::add_tracked(message_listener& told, log_function on_change) {
    auto added = add({settings_, settings_.database, protocol::resp_version::resp3, tls_, true}, std::move(on_change));
    added->shared.set_listener(&told);
    return tracked_.emplace_back(std::move(added))->shared;
}

void link_set::check_time_limits(std::chrono::steady_clock::time_point now) {
    for (auto& [key, kept] : members_) kept->shared.check_time_limit(now);
    for (const auto& kept : tracked_) kept->shared.check_time_limit(now);
}

asio::awaitable<void> link_set::stop() {
    for (auto& [key, kept] : members_) kept->shared.stop();
    for (const auto& kept : tracked_) kept->shared.stop();
    for (auto& [key, kept] : members_) co_await kept->ended.async_receive(net::as_values);
    for (const auto& kept : tracked_) co_await kept->ended.async_receive(net::as_values);
}

}  // namespace respgres::redis
