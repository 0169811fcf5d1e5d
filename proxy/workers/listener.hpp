#pragma once

#include "backends/net/ip_endpoint.hpp"
#include "conf/settings.hpp"
#include "proxy/clients/client_registry.hpp"
#include "proxy/clients/local_address.hpp"
#include "proxy/workers/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace respgres::proxy {

// Accepts clients on one address and gives each to the worker that has the fewest.
class listener {
public:
    // Binds and listens; `mode` is for a Unix socket's file. Throws boost::system::system_error when it cannot.
    listener(boost::asio::io_context& context, const conf::endpoint& at, conf::file_mode mode,
             std::vector<std::unique_ptr<worker>>& workers, client_registry& clients);
    ~listener();

    // Accepts until stop().
    boost::asio::awaitable<void> run();
    void stop();

    std::string address() const;         // with the real port where 0 was asked for

private:
    class acceptor;

    void admit(int descriptor, const net::ip_endpoint& peer);

    conf::endpoint at_;
    std::vector<std::unique_ptr<worker>>& workers_;
    client_registry& clients_;
    local_addresses local_;
    std::unique_ptr<acceptor> acceptor_;
};

}  // namespace respgres::proxy
