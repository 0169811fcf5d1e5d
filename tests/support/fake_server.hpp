#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace respgres::tests {

// Listens on a loopback port and speaks to one connection after the other as `talk` says: for what no real server does. `talk` runs on a thread of
// its own; the connection closes when it returns. The destructor stops it, once `talk` has returned.
class fake_server {
public:
    using socket = boost::asio::ip::tcp::socket;

    explicit fake_server(std::function<void(socket&)> talk)
        : acceptor_(context_, boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)),
          thread_([this, talk = std::move(talk)] {
              while (true) {
                  boost::system::error_code failed;
                  socket connection(context_);
                  acceptor_.accept(connection, failed);
                  if (failed || stopped_) return;
                  talk(connection);
              }
          }) {}
    ~fake_server() {
        stopped_ = true;
        // Wakes accept(): closing the acceptor from here would not.
        boost::asio::io_context own;
        socket last(own);
        boost::system::error_code ignored;
        last.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    // Reads until `last` has come; false when the peer closes before.
    static bool read_until(socket& from, std::string_view last, std::string& buffer) {
        char bytes[4096];
        while (buffer.find(last) == std::string::npos) {
            boost::system::error_code failed;
            const auto got = from.read_some(boost::asio::buffer(bytes), failed);
            if (failed) return false;
            buffer.append(bytes, got);
        }
        return true;
    }
    static void write(socket& to, std::string_view bytes) {
        boost::system::error_code ignored;
        boost::asio::write(to, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
    }
    // Answers a link's greeting (CLIENT SETNAME, CLIENT ID, PING, INFO) as a Redis would.
    static bool greet(socket& with) {
        std::string asked;
        if (!read_until(with, "INFO", asked)) return false;
        write(with, "+OK\r\n:7\r\n+PONG\r\n$21\r\nredis_version:7.9.9\r\n\r\n");
        return true;
    }
    static void wait_for_close(socket& from) {
        char bytes[4096];
        boost::system::error_code failed;
        while (!failed) from.read_some(boost::asio::buffer(bytes), failed);
    }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

// Greets each connection and then does what `after` says.
inline fake_server greeting_server(std::function<void(fake_server::socket&)> after) {
    return fake_server([after = std::move(after)](fake_server::socket& with) {
        if (fake_server::greet(with)) after(with);
    });
}

}  // namespace respgres::tests
