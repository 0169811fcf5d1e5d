#include "bench/bookmaker/postgres.hpp"

namespace respgres::bookmaker {

namespace {

std::string trimmed(const char* text) {
    std::string trimmed(text == nullptr ? "" : text);
    while (!trimmed.empty() && trimmed.back() == '\n') trimmed.pop_back();
    return trimmed;
}

}  // namespace

std::string problem_of(const PGresult* answer) {
    const ExecStatusType status = PQresultStatus(answer);
    if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE && status != PGRES_PIPELINE_ABORTED) return {};
    const std::string words = trimmed(PQresultErrorMessage(answer));
    return words.empty() ? "PostgreSQL gave no answer" : words;
}

connection::connection(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    if (connection_ == nullptr || PQstatus(get()) != CONNECTION_OK) fail("cannot connect to PostgreSQL");
    run("SET application_name = 'bookmaker'");
}

void connection::fail(std::string_view doing) const {
    throw postgres_error(std::string(doing) + ": " + trimmed(PQerrorMessage(get())));
}

result connection::run(const std::string& sql) {
    result answer(PQexec(get(), sql.c_str()));
    if (std::string problem = problem_of(answer.get()); !problem.empty()) throw postgres_error(problem);
    return answer;
}

std::string connection::single_value(const std::string& sql) {
    const result answer = run(sql);
    return PQntuples(answer.get()) == 0 ? std::string() : PQgetvalue(answer.get(), 0, 0);
}

void connection::begin_copy(const std::string& sql) {
    const result answer = run(sql);
    if (PQresultStatus(answer.get()) != PGRES_COPY_IN) throw postgres_error("PostgreSQL does not take rows after: " + sql);
}

void connection::send_copy(std::string_view rows) {
    if (PQputCopyData(get(), rows.data(), static_cast<int>(rows.size())) != 1) fail("sending rows");
}

void connection::end_copy() {
    if (PQputCopyEnd(get(), nullptr) != 1) fail("sending rows");
    std::string problem;
    while (const result answer{PQgetResult(get())})
        if (problem.empty()) problem = problem_of(answer.get());
    if (!problem.empty()) throw postgres_error(problem);
}

}  // namespace respgres::bookmaker
