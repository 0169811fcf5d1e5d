#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/column.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::postgres {

using backends::failure;
using backends::outcome;

// A query that is prepared once on each connection that runs it, and the name that it has there.
struct statement {
    std::string name;                        // unique in the process, stable; e.g. "respgres_active_bets"
    std::string sql;                         // with $1, $2 ...; one SELECT
    std::vector<std::uint32_t> parameter_types = {};   // type OIDs, 0 = PostgreSQL decides; may be shorter than the parameters
};

// Takes a result as it arrives. Called on the pool's executor, between the start and the end of the run() that it was given to.
class row_sink {
public:
    virtual ~row_sink() = default;
    // Before all else: what the session that runs the query answered to pool_settings::question; empty if it could not.
    virtual void on_session(std::string_view) {}
    virtual void on_columns(std::span<const column> columns) = 0;   // once, before the first row; also for no rows
    // False = no more rows are wanted (a limit was passed): the query is cancelled at the server and run() fails with result_too_large.
    virtual bool on_row(row_view row) = 0;
};

struct pool_settings {
    std::string url;  // as libpq takes it; without the password when `password` is set
    std::string password;
    bool read_only = true;
    std::uint32_t connections = 4;
    std::uint32_t pipeline_depth = 64;  // queries at once on one connection; 1 = one at a time
    std::uint32_t max_waiting = 1'024;
    std::chrono::milliseconds connect_timeout{2'000};
    std::chrono::milliseconds reconnect_max{1'000};
    // A row is held whole before the sink sees it. One that is larger than about this fails with result_too_large and costs its connection.
    std::size_t max_row_bytes = 64u * 1024 * 1024;
    std::chrono::milliseconds cancel_grace{1'000};  // how long a cancelled query may take to end before its connection is closed
    std::chrono::milliseconds quick_below{5};  // statements that lately ran longer share no connection
    std::chrono::milliseconds makes_way_after{50};  // a query that others wait behind is cancelled then, and run again alone
    std::string question;  // asked once on each connection: one statement with one value; empty: nothing is asked
    std::chrono::milliseconds statement_timeout{0};  // a last resort at the server, should the cancel get lost; 0 = none
};

// What becomes of a pool's connections, for the log: changes, not attempts.
enum class pool_event : std::uint8_t {
    connected,  // the first connection is usable; words: empty
    connect_failed,  // the first failure after a success or the start; words: the server's or libpq's
    connection_broken,  // a usable connection broke; words: the server's last ones
};
using pool_event_handler = std::function<void(pool_event, const std::string& words)>;

// Counters of one pool; written by the pool's executor only, read from any thread.
struct pool_stats;

// What a prepared statement looks like to PostgreSQL.
struct description {
    std::vector<std::uint32_t> parameter_types;
    std::vector<std::string> parameter_type_names;
    std::vector<column> columns;
};

// A few libpq connections in non-blocking mode on one executor, with a queue in front.
//
// Queries whose statements are known to be quick share connections, up to `pipeline_depth` on each, when none is idle; a sync behind each keeps the error of
// one from the others. A query may be run twice: after its connection was lost, or when it held up others.
//
// Not thread-safe: one per worker. Connections are opened on start() and reopened with back-off (see connection_fsm.hpp); sessions are
// read-only (default_transaction_read_only) with ISO dates, UTC offsets, hex bytea and UTF-8. A statement is prepared on a connection when it first runs there.
class pool {
public:
    pool(boost::asio::any_io_executor executor, pool_settings settings);
    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // Called on the executor. Set it before start().
    void on_event(pool_event_handler handler);

    // Starts to connect. Runs until stop().
    void start();
    // Fails what waits with `cancelled`, cancels what runs, closes the connections; ready when all is closed.
    boost::asio::awaitable<void> stop();

    // Runs `what` with bound text parameters (nullopt = NULL is not offered: captures are never NULL) and feeds its rows to `rows`.
    // `what`, `parameters` and `rows` must live until it completes. The time limit covers waiting for a connection and the query; when it passes, the
    // query is cancelled at the server, and run() returns once that is done or the connection is closed; at once if its turn had not come. If a wait for a connection
    // times out, the failure tells the last connect error. Errors: all of backends::errc but connection_lost for a query that was
    // not sent yet (it is retried once on another connection: reads are idempotent). Cancelling the coroutine does the same as the time limit.
    boost::asio::awaitable<outcome<void>> run(const statement& what, std::span<const std::string_view> parameters, row_sink& rows,
                                              std::chrono::steady_clock::time_point deadline);

    // Prepares `what` and asks for its parameter and column types; for `respgres check` and `explain`.
    boost::asio::awaitable<outcome<description>> describe(const statement& what, std::chrono::steady_clock::time_point deadline);

    std::size_t connections() const;
    std::size_t max_waiting() const;
    bool is_connected() const;  // at least one connection is usable
    const pool_stats& stats() const;

private:
    class implementation;
    std::shared_ptr<implementation> implementation_;
};

}  // namespace respgres::postgres
