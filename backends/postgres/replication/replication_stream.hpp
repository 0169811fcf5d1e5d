#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/pgoutput_decoder.hpp"
#include "backends/change_stream/transaction.hpp"
#include "backends/change_stream/transaction_assembler.hpp"
#include "backends/errors.hpp"
#include "backends/postgres/descriptor_watch.hpp"
#include "backends/postgres/replication/ask_meter.hpp"
#include "backends/postgres/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::postgres {

struct stream_settings {
    std::string url;           // as libpq takes it; without the password when `password` is set
    std::string password;
    std::string slot;
    std::string publication;
    std::chrono::milliseconds connect_timeout{2'000};
    // The server ends the connection of a consumer that is silent for so long (wal_sender_timeout), so that another can take the slot.
    std::chrono::milliseconds server_timeout{1'500};
    change_stream::transaction_assembler::limits memory = {};
};

// What a server and its history are known by.
struct system_identity {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    change_stream::lsn flushed;   // the server's end of WAL
};

// Why a wait ended.
enum class stream_news : std::uint8_t {
    input,        // take() will find something, or the end of the connection
    time_limit,   // there may be input none the less
    woken,
    closed,       // not open
};

// Reads one slot of the change stream (pgoutput, publication as set) over a connection of its own: bytes -> whole transactions.
//
//   open -> [identify, statements over connection()] -> start -> { wait, take, send_status } ... -> close
//
// After close() or an error open() begins anew; what is known of tables stays, so that what was altered in between is told. Whoever calls start() holds the slot
// until the connection ends: START_REPLICATION is the election of the leader.
//
// The server must hear something every server_timeout: send_status(), or take(), which answers when it asks. When the server shuts down and waits for us
// (ask_meter.hpp), take() says so and ends the connection.
//
// Memory is bounded by settings.memory, by what one take() may return, and by the largest single row: libpq holds a message whole. Not thread-safe. It must outlive its
// awaitables, which must not be cancelled: wake() or close(). Errors mean more through problem_of() (stream_problem.hpp).
class replication_stream {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using transaction = change_stream::transaction;
    using lsn = change_stream::lsn;

    // Of one take(); a batch of about a millisecond's or two's work.
    static constexpr std::size_t max_bytes_of_a_take = 512 * 1024;

    replication_stream(boost::asio::any_io_executor executor, stream_settings settings);
    ~replication_stream();
    replication_stream(const replication_stream&) = delete;
    replication_stream& operator=(const replication_stream&) = delete;

    // Connects in replication mode. Errors: as session::open(); server_error when the server does not take our time limit.
    boost::asio::awaitable<outcome<void>> open(time_point limit);

    // After open(), before start().
    boost::asio::awaitable<outcome<system_identity>> identify(time_point limit);

    // Starts to stream. Comes: every transaction whose commit record starts at `from` or later, so the end_lsn of the last one that was applied is the place to go on
    // from. But if `from` lies below the slot's confirmed_flush_lsn, the server starts there without a word: compare before (read_slot_facts()). position() is `from`
    // then. On an error the connection is closed.
    boost::asio::awaitable<outcome<void>> start(lsn from, time_point limit);

    bool is_open() const { return connection_.is_open(); }
    bool is_streaming() const { return streaming_ && is_open(); }
    void close();

    // Waits until there is something to take, wake(), close() or `until`. Returns at once, but gives others a turn, when the last take() left something.
    boost::asio::awaitable<stream_news> wait(time_point until);

    // Waits for `until`, wake() or close() only: what comes until the next wait() gathers in the socket and wakes nobody.
    boost::asio::awaitable<stream_news> rest(time_point until);

    // Ends the wait that is under way, or else the next one. Nothing while it is not open.
    void wake();

    // Appends what has come since, without waiting: at most `most` transactions, in the order of their commits. True: there is more, most likely.
    // Errors (the connection is closed then, what is in `into` is good): connection_lost, server_error with the server's words, protocol_error.
    outcome<bool> take(std::vector<transaction>& into, std::size_t most);

    // Everything that was committed before it has been taken: the largest commit end or keepalive position so far.
    lsn position() const { return position_; }

    // When the server was last heard: taken from, or started. One that is asked for answers and is silent for long is gone or out of reach; nothing here ends the
    // connection for that.
    time_point heard_at() const { return heard_at_; }

    // Tells the server that the slot is not needed before `flushed`: never less than was told before on this connection, and it must not be less than the slot's
    // confirmed_flush_lsn, which not every version checks. 0: says nothing of it. With `ask` the server answers at once with a keepalive, which moves position().
    // Does not block: left out while the socket takes no more, so ask again. Errors: connection_lost (the connection is closed then).
    outcome<void> send_status(lsn flushed, bool ask);

    // The connection before start(), for create_slot(); its process id at the server, 0 when it is not open.
    session& connection() { return connection_; }
    int backend_pid() const;

    const stream_settings& settings() const { return settings_; }

private:
    outcome<void> take_message(std::string_view copy_data, std::vector<transaction>& into);
    boost::asio::awaitable<outcome<void>> await_start(time_point limit);
    stream_news news_of(wake_cause cause) const;
    failure end_of_stream();
    failure lost();
    failure closed_by(failure why);

    boost::asio::any_io_executor executor_;
    stream_settings settings_;
    session connection_;
    std::shared_ptr<descriptor_watch> watch_;  // the connection's, since start()
    change_stream::pgoutput::decoder decoder_;
    change_stream::transaction_assembler assembler_;
    ask_meter asks_;
    lsn position_;
    lsn flushed_;  // as told to the server
    time_point heard_at_{};
    bool streaming_ = false;
    bool has_more_ = false;  // the last take() left something in libpq's buffer
};

}  // namespace respgres::postgres
