#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>

namespace respgres::postgres {

struct cancel_deleter {
    void operator()(PGcancel* request) const { PQfreeCancel(request); }
};
using cancel_ptr = std::unique_ptr<PGcancel, cancel_deleter>;

// Sends cancel requests from threads of their own, because PQcancel connects, writes and reads in blocking calls.
//
// A server that stands still (SIGSTOP, a full backlog) holds such a thread for as long as it likes, so nobody joins them: they own what they
// touch and are let go. At most `max_threads` are on their way at a time.
class cancel_sender {
public:
    static constexpr unsigned max_threads = 16;

    cancel_sender();
    ~cancel_sender();  // no `done` is called afterwards
    cancel_sender(const cancel_sender&) = delete;
    cancel_sender& operator=(const cancel_sender&) = delete;

    // Calls `done` on `executor` once the server has dealt with the request (has closed its connection, so that the signal is on its way to the
    // session), with libpq's words if it could not be sent, else with nothing.
    void send(cancel_ptr request, boost::asio::any_io_executor executor, std::function<void(std::string)> done);

private:
    struct shared_state;
    std::shared_ptr<shared_state> state_;
};

}  // namespace respgres::postgres
