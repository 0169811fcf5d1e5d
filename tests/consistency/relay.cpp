#include "tests/consistency/relay.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <future>

namespace respgres::tests::consistency {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint loopback(std::uint16_t port) {
    return {asio::ip::address_v4::loopback(), port};
}

}  // namespace

struct relay::connection {
    explicit connection(tcp::socket accepted) : client(std::move(accepted)), server(client.get_executor()) {}

    // Shut down, not only closed: a server that was started since has inherited the descriptors.
    void close() {
        boost::system::error_code ignored;
        client.shutdown(tcp::socket::shutdown_both, ignored);
        server.shutdown(tcp::socket::shutdown_both, ignored);
        client.close(ignored);
        server.close(ignored);
    }

    tcp::socket client;
    tcp::socket server;
};

relay::relay(std::uint16_t target) : target_(target), acceptor_(context_, loopback(port_.number())) {
    asio::co_spawn(context_, accept_all(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

relay::~relay() {
    context_.stop();
    thread_.join();
}

void relay::cut(std::size_t n) {
    std::promise<void> done;
    asio::post(context_, [this, n, &done] {
        for (std::size_t i = 0; i < connections_.size(); i += n)
            if (const auto open = connections_[i].lock()) open->close();
        std::erase_if(connections_, [](const auto& each) { return each.expired(); });
        done.set_value();
    });
    done.get_future().wait();
}

asio::awaitable<void> relay::accept_all() {
    for (;;) {
        auto [failed, accepted] = co_await acceptor_.async_accept(net::as_values);
        if (failed) co_return;
        const auto both = std::make_shared<connection>(std::move(accepted));
        connections_.push_back(both);
        asio::co_spawn(context_, carry(both, target_), asio::detached);
    }
}

asio::awaitable<void> relay::carry(std::shared_ptr<connection> both, std::uint16_t target) {
    const auto [failed] = co_await both->server.async_connect(loopback(target), net::as_values);
    if (failed) co_return both->close();
    boost::system::error_code ignored;
    both->client.set_option(tcp::no_delay(true), ignored);
    both->server.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(both->client.get_executor(), pump(both, false), asio::detached);
    co_await pump(both, true);
}

asio::awaitable<void> relay::pump(std::shared_ptr<connection> both, bool towards_server) {
    tcp::socket& from = towards_server ? both->client : both->server;
    tcp::socket& to = towards_server ? both->server : both->client;
    std::array<char, 16'384> bytes{};
    for (;;) {
        const auto [ended, count] = co_await from.async_read_some(asio::buffer(bytes), net::as_values);
        if (ended) break;
        const auto [broken, written] = co_await asio::async_write(to, asio::buffer(bytes.data(), count), net::as_values);
        if (broken || written != count) break;
    }
    both->close();
}

}  // namespace respgres::tests::consistency
