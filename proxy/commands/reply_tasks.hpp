#pragma once

#include "proxy/sessions/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace respgres::proxy {

// Commands that take several steps: each is a coroutine that returns the bytes of the reply. The client's later commands wait for it, so that what it
// does to keys and connection happens in the order in which the client asked.
//
// Not thread-safe: one per worker.
class reply_tasks {
public:
    explicit reply_tasks(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    // Opens a slot for the reply and starts `work`. An exception in it is logged and answered with an error.
    void run(session& client, boost::asio::awaitable<std::string> work);

    std::size_t running() const { return running_; }

private:
    boost::asio::any_io_executor executor_;
    std::size_t running_ = 0;
};

}  // namespace respgres::proxy
