#include "proxy/admin/admin_connection.hpp"

#include "backends/net/as_values.hpp"
#include "protocol/http/http_request_reader.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using socket_type = asio::generic::stream_protocol::socket;
using status = protocol::http_request_reader::status;

constexpr std::chrono::seconds time_limit{5};    // for a request to arrive once it has begun, and for its answer to be taken
constexpr std::chrono::seconds idle_limit{60};   // between requests

// One connection's way: bytes in, requests out, answers back.
class conversation {
public:
    conversation(socket_type& socket, const admin_routes& routes) : socket_(socket), routes_(routes), limit_(socket.get_executor()) {}

    asio::awaitable<void> run() {
        while (true) {
            auto response = co_await next_answer();
            if (!response) break;
            const bool sent = co_await send(*response);
            if (!sent || !response->keep_alive) break;
        }
        co_await close();
    }

private:
    // The answer to the next request, or nothing when the peer has gone.
    asio::awaitable<std::optional<protocol::http_response>> next_answer() {
        limit_.expires_after(idle_limit);
        bool has_begun = false;
        while (true) {
            const auto taken = reader_.next(unread_);
            unread_.remove_prefix(taken.length);
            if (taken.state == status::request) co_return co_await routes_.carry_out(reader_.request());
            if (taken.state == status::error) co_return protocol::json_error(reader_.failure().status, reader_.failure().reason);
            if (!has_begun && !reader_.is_idle()) {
                has_begun = true;
                limit_.expires_after(time_limit);
            }
            auto arrived = co_await (socket_.async_read_some(asio::buffer(buffer_), net::as_values) || limit_.async_wait(net::as_values));
            if (arrived.index() == 1) {
                if (reader_.is_idle()) co_return std::nullopt;
                co_return protocol::json_error(408, "the request did not arrive within 5 seconds");
            }
            const auto [lost, length] = std::get<0>(arrived);
            if (lost) co_return std::nullopt;
            unread_ = std::string_view(buffer_.data(), length);
        }
    }

    asio::awaitable<bool> send(const protocol::http_response& response) {
        std::string bytes;
        protocol::append_response(bytes, response);
        limit_.expires_after(time_limit);
        auto sent = co_await (asio::async_write(socket_, asio::buffer(bytes), net::as_values) || limit_.async_wait(net::as_values));
        co_return sent.index() == 0 && !std::get<0>(std::get<0>(sent));
    }

    // Unread bytes at a close would send a reset, which can overtake the answer.
    asio::awaitable<void> close() {
        boost::system::error_code ignored;
        socket_.shutdown(socket_type::shutdown_send, ignored);
        limit_.expires_after(std::chrono::seconds(1));
        while (true) {
            auto arrived = co_await (socket_.async_read_some(asio::buffer(buffer_), net::as_values) || limit_.async_wait(net::as_values));
            if (arrived.index() == 1 || std::get<0>(std::get<0>(arrived))) break;
        }
    }

    socket_type& socket_;
    const admin_routes& routes_;
    asio::steady_timer limit_;
    protocol::http_request_reader reader_;
    std::array<char, 4096> buffer_{};
    std::string_view unread_;
};

}  // namespace

asio::awaitable<void> serve_admin_connection(socket_type socket, const admin_routes& routes) {
    conversation talk(socket, routes);
    co_await talk.run();
}

}  // namespace respgres::proxy
