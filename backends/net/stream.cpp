#include "backends/net/stream.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <string>
#include <utility>

namespace respgres::net {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;
using status = transfer::status;

void stream::let_go::operator()(asio::posix::stream_descriptor* watch) const {
    watch->release();
    delete watch;
}

stream::stream(asio::any_io_executor executor, channel bytes)
    : bytes_(std::move(bytes)), watch_(new asio::posix::stream_descriptor(executor, bytes_.fd())) {}

channel stream::release() {
    watch_.reset();
    return std::move(bytes_);
}

// Nothing when it is time to try again, else why it never will be. No co_await stands behind `&&` here: g++ 12 awaits a call
// with a temporary argument there whatever the left side says.
asio::awaitable<std::optional<failure>> stream::wait_after(transfer how, interest wanted) {
    if (how.state != status::waits) {
        const std::string why = how.state == status::ended ? "the connection was closed" : bytes_.why();
        co_return failure{make_error_code(errc::not_connected), why, {}};
    }
    const auto direction = wanted.write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read;
    auto [cancelled] = co_await watch_->async_wait(direction, as_values);
    if (cancelled) co_return failure{make_error_code(errc::not_connected), cancelled.message(), {}};
    co_return std::nullopt;
}

asio::awaitable<outcome<void>> stream::shake_hands() {
    while (true) {
        const transfer done = bytes_.shake_hands();
        if (done.state == status::done) co_return outcome<void>(boost::system::in_place_value);
        const auto why = co_await wait_after(done, bytes_.watch_for(true, false));
        if (why) co_return *why;
    }
}

asio::awaitable<outcome<std::size_t>> stream::receive(std::span<char> into) {
    while (true) {
        const transfer done = bytes_.receive(into);
        if (done.state == status::done) co_return done.bytes;
        const auto why = co_await wait_after(done, bytes_.watch_for(true, false));
        if (why) co_return *why;
    }
}

asio::awaitable<outcome<void>> stream::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const transfer done = bytes_.send(bytes);
        if (done.state == status::done) {
            bytes.remove_prefix(done.bytes);
            continue;
        }
        const auto why = co_await wait_after(done, bytes_.watch_for(false, true));
        if (why) co_return *why;
    }
    co_return outcome<void>(boost::system::in_place_value);
}

}  // namespace respgres::net
