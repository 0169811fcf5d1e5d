#pragma once

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace respgres::bookmaker {

// What PostgreSQL or libpq said; never holds the URL, which may hold a password.
class postgres_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct result_deleter {
    void operator()(PGresult* answer) const { PQclear(answer); }
};
using result = std::unique_ptr<PGresult, result_deleter>;

// "" for an answer that is no error, else PostgreSQL's own words without the trailing newline.
std::string problem_of(const PGresult* answer);

// A blocking connection. Every function throws postgres_error.
class connection {
public:
    explicit connection(const std::string& url);   // a URL or a keyword string, as libpq takes it

    result run(const std::string& sql);
    std::string single_value(const std::string& sql);   // the first column of the first row; "" when there is none

    void begin_copy(const std::string& sql);
    void send_copy(std::string_view rows);
    void end_copy();

    PGconn* get() const { return connection_.get(); }
    [[noreturn]] void fail(std::string_view doing) const;   // with the connection's last error

private:
    struct deleter {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    std::unique_ptr<PGconn, deleter> connection_;
};

}  // namespace respgres::bookmaker
