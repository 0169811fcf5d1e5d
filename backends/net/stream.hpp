#pragma once

#include "backends/errors.hpp"
#include "backends/net/channel.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace respgres::net {

// A connection while it is being made: what both sides must agree on first is said here, by coroutines. Then release() gives the channel to a poller.
//
// Not thread-safe. Errors: not_connected, in words. Cancelling an operation leaves a stream that is only good for being destroyed.
class stream {
public:
    // Of a non-blocking descriptor.
    stream(boost::asio::any_io_executor executor, channel bytes);
    stream(stream&&) noexcept = default;

    // TLS only.
    boost::asio::awaitable<backends::outcome<void>> shake_hands();
    // At least one byte into `into`, which has room for channel::longest_record.
    boost::asio::awaitable<backends::outcome<std::size_t>> receive(std::span<char> into);
    // All of `bytes`.
    boost::asio::awaitable<backends::outcome<void>> send(std::string_view bytes);

    channel release();

private:
    // The descriptor is the channel's: this must not close it.
    struct let_go {
        void operator()(boost::asio::posix::stream_descriptor* watch) const;
    };

    boost::asio::awaitable<std::optional<backends::failure>> wait_after(transfer how, interest wanted);

    channel bytes_;
    std::unique_ptr<boost::asio::posix::stream_descriptor, let_go> watch_;
};

}  // namespace respgres::net
