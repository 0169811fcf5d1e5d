#pragma once

#include "tests/support/fake_server.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <poll.h>
#include <string>
#include <string_view>
#include <thread>

namespace respgres::tests {

// Passes bytes on both ways until one side closes, but of the server's no more than `limit`.
inline void relay(fake_server::socket& client, std::uint16_t server_port, std::size_t limit) {
    boost::asio::io_context context;
    fake_server::socket server(context);
    server.connect({boost::asio::ip::make_address("127.0.0.1"), server_port});
    std::string bytes(65536, 0);
    const auto pass = [&](fake_server::socket& from, fake_server::socket& to, std::size_t most) {
        boost::system::error_code failed;
        const auto got = from.read_some(boost::asio::buffer(bytes.data(), std::min(bytes.size(), most)), failed);
        if (!failed) fake_server::write(to, std::string_view(bytes).substr(0, got));
        return got;  // nothing: that side has closed
    };
    pollfd ready[] = {{client.native_handle(), POLLIN, 0}, {server.native_handle(), POLLIN, 0}};
    while (::poll(ready, limit > 0 ? 2 : 1, 20'000) > 0) {
        if (ready[0].revents != 0 && pass(client, server, bytes.size()) == 0) return;
        if (limit == 0 || ready[1].revents == 0) continue;
        const auto got = pass(server, client, limit);
        if (got == 0) return;
        limit -= got;
    }
}

// Passes its first connection on to a server, loses the second, which is a cancel request, and passes those after it on.
class cancel_loser {
public:
    explicit cancel_loser(std::uint16_t server_port)
        : server_([this, server_port](fake_server::socket& client) {
              constexpr auto everything = std::numeric_limits<std::size_t>::max();
              if (++connections_ == 2) return;
              if (connections_ > 2) return relay(client, server_port, everything);
              session_ = std::jthread([server_port, handle = client.release()] {
                  boost::asio::io_context context;
                  fake_server::socket own(context, boost::asio::ip::tcp::v4(), handle);
                  relay(own, server_port, everything);
              });
          }) {}

    std::uint16_t port() const { return server_.port(); }

private:
    int connections_ = 0;
    std::jthread session_;  // ends when its client closes
    fake_server server_;
};

}  // namespace respgres::tests
