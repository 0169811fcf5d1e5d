#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/cancel_request.hpp"
#include "backends/postgres/link.hpp"
#include "backends/postgres/pool_stats.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::postgres {

struct session_settings {
    std::string url;                       // as libpq takes it; without the password when `password` is set
    std::string password;
    std::chrono::milliseconds connect_timeout{2'000};
    bool read_only = true;
    bool replication = false;              // replication=database: takes replication commands, and statements without parameters
    std::string name;                      // application_name, if the url sets none; empty: "respgres"
};

// One connection for a few statements of our own: catalogue questions, fences, setting up. What fills keys is `pool`.
//
// Not thread-safe. One call at a time. Once closed or broken it can be opened again. It must outlive its calls.
class session {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using row = std::vector<std::optional<std::string>>;
    using rows = std::vector<row>;

    session(boost::asio::any_io_executor executor, session_settings settings);
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    // Errors: not_connected, with the server's or libpq's words; server_error for a url that is not valid.
    boost::asio::awaitable<outcome<void>> open(time_point limit);
    bool is_open() const { return link_ && link_->is_open(); }
    void close();

    // Runs `sql` and returns the rows of its last result with any. Several statements if there are no parameters; else one, with $1 ... bound as
    // texts. Past the limit it is cancelled at the server. Errors: as link::exchange(); not_connected when it is not open.
    boost::asio::awaitable<outcome<rows>> query(std::string sql, std::vector<std::string> parameters, time_point limit);
    boost::asio::awaitable<outcome<rows>> query(std::string sql, time_point limit);

    // Null while it is not open. For what only libpq can do: COPY, notifications.
    PGconn* native() const { return link_ ? link_->native() : nullptr; }
    std::shared_ptr<descriptor_watch> watch() const { return link_ ? link_->watch() : nullptr; }

private:
    boost::asio::any_io_executor executor_;
    session_settings settings_;
    pool_stats stats_;
    cancel_sender cancels_;
    std::shared_ptr<link> link_;
};

}  // namespace respgres::postgres
