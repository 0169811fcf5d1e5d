#include "backends/net/connect.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace respgres::net {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

using socket = asio::generic::stream_protocol::socket;

failure failed(errc code, const conf::endpoint& to, const std::string& why) {
    return {make_error_code(code), conf::to_string(to) + ": " + why, {}};
}

asio::awaitable<outcome<socket>> open(const conf::endpoint& to, const asio::generic::stream_protocol::endpoint& address) {
    auto executor = co_await asio::this_coro::executor;
    socket opened(executor);
    auto [refused] = co_await opened.async_connect(address, as_values);
    if (refused) co_return failed(errc::not_connected, to, refused.message());
    if (!to.is_unix()) {
        boost::system::error_code ignored;
        opened.set_option(asio::ip::tcp::no_delay(true), ignored);
        opened.set_option(asio::socket_base::keep_alive(true), ignored);
    }
    co_return opened;
}

asio::awaitable<outcome<socket>> try_all(const conf::endpoint& to) {
    std::vector<asio::generic::stream_protocol::endpoint> addresses;
    if (to.is_unix()) {
        addresses.emplace_back(asio::local::stream_protocol::endpoint(to.path));
    } else {
        auto executor = co_await asio::this_coro::executor;
        asio::ip::tcp::resolver resolver(executor);
        auto [unknown, found] = co_await resolver.async_resolve(to.host, std::to_string(to.port), as_values);
        if (unknown) co_return failed(errc::not_connected, to, unknown.message());
        for (const auto& entry : found) addresses.emplace_back(entry.endpoint());
    }
    outcome<socket> last = failed(errc::not_connected, to, "the name has no address");
    for (const auto& address : addresses) {
        last = co_await open(to, address);
        if (last.has_value()) break;
    }
    co_return last;
}

// `step` tells the caller how far it came, should its time be up.
asio::awaitable<outcome<stream>> connect_all(const conf::endpoint& to, const tls_context* tls, std::string_view& step) {
    auto executor = co_await asio::this_coro::executor;
    auto connected = co_await try_all(to);
    if (connected.has_error()) co_return connected.error();
    connected.value().native_non_blocking(true);
    unique_fd fd(connected.value().release());
    if (!to.tls) co_return stream(executor, channel(std::move(fd)));
    tls_ptr session = tls == nullptr ? nullptr : tls->connect(fd.get(), to.host);
    if (!session) co_return failed(errc::not_connected, to, "TLS is not set up");
    step = "no TLS handshake";
    stream opened(executor, channel(std::move(fd), std::move(session)));
    auto shaken = co_await opened.shake_hands();
    if (shaken.has_error()) co_return failed(errc::not_connected, to, shaken.error().detail);
    co_return std::move(opened);
}

}  // namespace

asio::awaitable<outcome<stream>> connect(conf::endpoint to, const tls_context* tls, std::chrono::steady_clock::time_point deadline) {
    using namespace asio::experimental::awaitable_operators;
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer limit(executor, deadline);
    std::string_view step = "no connection";
    auto first = co_await (connect_all(to, tls, step) || limit.async_wait(as_values));
    if (first.index() == 0) co_return std::move(std::get<0>(first));
    co_return failed(errc::timed_out, to, std::string(step) + " within the connect time limit");
}

}  // namespace respgres::net
