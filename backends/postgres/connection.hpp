#pragma once

#include "backends/postgres/column.hpp"
#include "backends/postgres/link.hpp"
#include "backends/postgres/pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace respgres::postgres {

// Statements on one link: prepares each when it first runs here, and again when PostgreSQL says that it must; binds parameters; hands rows over
// as they arrive. One call at a time, with the link's rules for time limits and for giving up; but for send().
class connection {
public:
    // The largest parameter that is sent. Captures come from keys, so a longer one is an attack or a mistake.
    static constexpr std::size_t max_parameter_bytes = 1024 * 1024;

    explicit connection(link_environment environment) : link_(std::make_shared<link>(std::move(environment))) {}

    link& wire() const { return *link_; }

    // Asks what row_sink::on_session is told from now on. That it cannot be answered is no error.
    boost::asio::awaitable<void> ask(const std::string& question, link::time_point deadline);

    // As pool::run(); connection_lost also for a query that was not sent yet. `touched` is set once `rows` was called, after which the query
    // cannot be run again. Returns how long the query itself took.
    boost::asio::awaitable<outcome<std::chrono::nanoseconds>> run(const statement& what, std::span<const std::string_view> parameters,
                                                                  row_sink& rows, bool& touched, link::time_point deadline);

    boost::asio::awaitable<outcome<description>> describe(const statement& what, link::time_point deadline);

    // Whether `what` can be sent as it is.
    bool is_prepared(const statement& what) const;
    // PostgreSQL says that it must be prepared again.
    void forget(const statement& what) { prepared_[what.name].usable = false; }

    // In pipeline mode, for a statement that is prepared: sends it and a sync behind it, and returns its columns, which live as long as nothing is
    // prepared. Errors: those of a query that libpq does not take; nothing was sent then. That the connection has broken shows in what comes.
    outcome<std::span<const column>> send(const statement& what, std::span<const std::string_view> parameters, row_sink& rows);

private:
    struct prepared {
        std::string sql;
        std::string server_name;
        std::vector<column> columns;
        bool usable = false;  // false: the server may hold something under server_name, nobody knows
    };

    // In libpq's form; the texts end in NUL.
    struct bound_parameters {
        std::string texts;
        std::vector<const char*> values;
    };

    outcome<void> bind(std::span<const std::string_view> parameters);
    int send_bound(const prepared& entry);
    boost::asio::awaitable<outcome<void>> make_ready(const statement& what, prepared& entry);
    boost::asio::awaitable<outcome<description>> prepare_as(const std::string& server_name, const statement& what);
    boost::asio::awaitable<outcome<void>> deallocate(const std::string& server_name);
    boost::asio::awaitable<outcome<void>> resolve_types(std::vector<column>& columns);
    boost::asio::awaitable<outcome<void>> name_types(description& about);
    boost::asio::awaitable<outcome<void>> execute(const prepared& entry, row_sink& rows, bool& touched);

    std::shared_ptr<link> link_;
    std::unordered_map<std::string, prepared> prepared_;  // by statement::name
    std::size_t names_given_ = 0;
    std::string session_answer_;
    bound_parameters bound_;
};

}  // namespace respgres::postgres
