#include "tests/consistency/sql_link.hpp"

#include <libpq-fe.h>

#include <stdexcept>
#include <string_view>

namespace respgres::tests::consistency {

namespace {

using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The server goes away, or is not there yet: "administrator command", "starting up".
bool is_of_a_shutdown(const PGresult* answer) {
    const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    return state == nullptr || std::string_view(state).starts_with("57P");
}

}  // namespace

void sql_link::closer::operator()(pg_conn* open) const {
    PQfinish(open);
}

std::optional<std::vector<sql_link::row>> sql_link::run(const std::string& sql) {
    if (!connection_) {
        connection_.reset(PQconnectdb((url_ + "?connect_timeout=5").c_str()));
        // Notices of COMMIT that ends in a rollback and the like are of no interest.
        PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    }
    const result answer(PQexec(connection_.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        const std::string message = PQerrorMessage(connection_.get());
        const bool broken = PQstatus(connection_.get()) != CONNECTION_OK || is_of_a_shutdown(answer.get());
        close();
        if (broken) return std::nullopt;
        throw std::runtime_error(message + " in: " + sql);
    }
    std::vector<row> rows;
    for (int i = 0; i < PQntuples(answer.get()); ++i) {
        row& each = rows.emplace_back();
        for (int j = 0; j < PQnfields(answer.get()); ++j) each.emplace_back(PQgetvalue(answer.get(), i, j));
    }
    return rows;
}

}  // namespace respgres::tests::consistency
