#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/pool.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respgres::postgres {

// What a connection is opened with: the user's URL as libpq keywords, our own where the user set none, and the SQL that makes a session ours.
class connect_parameters {
public:
    // Errors: server_error with libpq's words, which never hold a password.
    static outcome<connect_parameters> parse(const pool_settings& settings);

    // Empty when it was not set.
    std::string_view get(std::string_view keyword) const;
    void set(std::string_view keyword, std::string value);

    // For PQconnectStartParams: ended by a null; they live as long as this object stays as it is.
    std::vector<const char*> keywords() const;
    std::vector<const char*> values() const;

    // Several SETs, sent as one message after connecting and not as start-up options, which poolers between refuse.
    const std::string& session_sql() const { return session_sql_; }

private:
    void set_default(std::string_view keyword, std::string value);
    void write_session_sql(const pool_settings& settings);

    std::vector<std::pair<std::string, std::string>> entries_;
    std::string session_sql_;
};

}  // namespace respgres::postgres
