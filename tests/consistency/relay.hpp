#pragma once

#include "tests/support/free_port.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace respgres::tests::consistency {

// One address in front of changing servers: connections that come are passed on to the target of that time. So a failover looks as it does behind
// a virtual address. Runs on a thread of its own; its functions may be called from one other.
class relay {
public:
    explicit relay(std::uint16_t target);
    ~relay();

    std::uint16_t port() const { return port_.number(); }
    // Where new connections go from now on. Those that there are stay where they are.
    void switch_to(std::uint16_t target) { target_ = target; }
    // Closes one in `n` connections; 1 = all.
    void cut(std::size_t n = 1);

private:
    struct connection;
    using acceptor = boost::asio::ip::tcp::acceptor;

    boost::asio::awaitable<void> accept_all();
    static boost::asio::awaitable<void> carry(std::shared_ptr<connection> both, std::uint16_t target);
    static boost::asio::awaitable<void> pump(std::shared_ptr<connection> both, bool towards_server);

    reserved_port port_;
    std::atomic<std::uint16_t> target_;
    boost::asio::io_context context_{1};
    acceptor acceptor_;
    std::vector<std::weak_ptr<connection>> connections_;  // of the thread
    std::thread thread_;
};

}  // namespace respgres::tests::consistency
