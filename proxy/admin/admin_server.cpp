#include "proxy/admin/admin_server.hpp"

#include "backends/net/as_values.hpp"
#include "proxy/admin/admin_connection.hpp"
#include "proxy/admin/admin_routes.hpp"
#include "proxy/workers/listening_socket.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <cerrno>
#include <pthread.h>
#include <set>
#include <sys/socket.h>
#include <thread>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using protocol_type = asio::generic::stream_protocol;

}  // namespace

class admin_server::implementation {
public:
    implementation(const conf::admin_settings& settings, const stats_hub& hub, std::function<readiness_report()> readiness,
                   invalidate_function invalidate)
        : settings_(settings),
          routes_(hub, std::move(readiness), settings.listen.value.host, std::move(invalidate)),
          descriptor_(context_),
          pause_(context_),
          listening_(settings.listen.value) {
        descriptor_.assign(listening_.release());
    }

    std::uint16_t port() const { return listening_.port(); }

    void start() {
        auto ended = [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        };
        asio::co_spawn(context_, accept(), std::move(ended));
        thread_ = std::thread([this] {
            ::pthread_setname_np(::pthread_self(), "admin");
            context_.run();
        });
    }

    void stop() {
        asio::post(context_, [this] {
            stopped_ = true;
            boost::system::error_code ignored;
            descriptor_.close(ignored);
            pause_.cancel();
            for (asio::cancellation_signal* connection : connections_) connection->emit(asio::cancellation_type::all);
        });
        if (thread_.joinable()) thread_.join();
    }

private:
    asio::awaitable<void> accept() {
        while (!stopped_) {
            const int fd = listening_.accept(descriptor_.native_handle());
            if (fd >= 0) {
                admit(fd);
                continue;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, net::as_values);
                continue;
            }
            pause_.expires_after(std::chrono::milliseconds(100));   // out of descriptors: those who wait stay in the backlog
            co_await pause_.async_wait(net::as_values);
        }
    }

    void admit(int fd) {
        net::unique_fd accepted(fd);
        if (connections_.size() >= settings_.max_connections) {
            std::string refusal;
            protocol::append_response(refusal, protocol::json_error(503, "too many connections to the admin endpoint"));
            [[maybe_unused]] const auto sent = ::send(accepted.get(), refusal.data(), refusal.size(), MSG_NOSIGNAL);
            return;
        }
        const auto family = settings_.listen.value.is_unix()                             ? AF_UNIX
                            : settings_.listen.value.host.find(':') == std::string::npos ? AF_INET
                                                                                         : AF_INET6;
        protocol_type::socket socket(context_, protocol_type(family, 0), accepted.release());
        auto signal = std::make_shared<asio::cancellation_signal>();
        connections_.insert(signal.get());
        auto ended = [this, signal](std::exception_ptr thrown) {
            connections_.erase(signal.get());
            if (thrown && !stopped_)  // stop() cancels them
                spdlog::error("a connection to the admin endpoint ended with an exception");
        };
        auto work = serve_admin_connection(std::move(socket), routes_);
        asio::co_spawn(context_, std::move(work), asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
    }

    const conf::admin_settings settings_;
    admin_routes routes_;
    asio::io_context context_{1};
    asio::posix::stream_descriptor descriptor_;
    asio::steady_timer pause_;
    listening_socket listening_;
    std::set<asio::cancellation_signal*> connections_;
    bool stopped_ = false;
    std::thread thread_;
};

admin_server::admin_server(const conf::admin_settings& settings, const stats_hub& hub, std::function<readiness_report()> readiness,
                           invalidate_function invalidate)
    : implementation_(std::make_unique<implementation>(settings, hub, std::move(readiness), std::move(invalidate))) {}

admin_server::~admin_server() {
    stop();
}

void admin_server::start() {
    implementation_->start();
}
void admin_server::stop() {
    implementation_->stop();
}
std::uint16_t admin_server::port() const {
    return implementation_->port();
}

}  // namespace respgres::proxy
