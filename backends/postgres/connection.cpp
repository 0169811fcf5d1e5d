#include "backends/postgres/connection.hpp"

#include "backends/postgres/column_types.hpp"
#include "backends/postgres/failures.hpp"
#include "backends/postgres/result_readers.hpp"

#include <charconv>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

// PostgreSQL takes the first 63 bytes of a name for the whole; the number behind keeps names apart.
std::string server_name_for(const std::string& name, std::size_t number) {
    return name.substr(0, 50) + "_" + std::to_string(number);
}

std::string quoted_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

std::uint32_t oid_from(std::string_view text) {
    std::uint32_t oid = 0;
    std::from_chars(text.data(), text.data() + text.size(), oid);
    return oid;
}

}  // namespace

asio::awaitable<outcome<std::chrono::nanoseconds>> connection::run(const statement& what, std::span<const std::string_view> parameters,
                                                                   row_sink& rows, bool& touched, link::time_point deadline) {
    const auto bound = bind(parameters);
    if (bound.has_error()) co_return bound.error();
    link_->begin(deadline);
    rows.on_session(session_answer_);
    auto& entry = prepared_[what.name];
    for (bool again = false;; again = true) {
        const auto ready = co_await make_ready(what, entry);
        if (ready.has_error()) co_return ready.error();
        const auto began = std::chrono::steady_clock::now();
        const auto result = co_await execute(entry, rows, touched);
        if (result.has_value()) co_return std::chrono::steady_clock::now() - began;
        // In this order: once the link is closed, what the references stand for may be gone.
        if (!link_->is_open() || again || touched || !is_stale(result.error())) co_return result.error();
        entry.usable = false;
    }
}

bool connection::is_prepared(const statement& what) const {
    const auto found = prepared_.find(what.name);
    return found != prepared_.end() && found->second.usable && found->second.sql == what.sql;
}

outcome<std::span<const column>> connection::send(const statement& what, std::span<const std::string_view> parameters, row_sink& rows) {
    const auto bound = bind(parameters);
    if (bound.has_error()) return bound.error();
    rows.on_session(session_answer_);
    const auto& entry = prepared_.at(what.name);
    const bool sent = send_bound(entry) != 0;
    if (!sent && link_->is_open()) return connection_failure(errc::server_error, link_->native());
    if (sent && PQpipelineSync(link_->native()) == 0) link_->close_because("a query could not be sent");
    return std::span<const column>(entry.columns);
}

asio::awaitable<void> connection::ask(const std::string& question, link::time_point deadline) {
    link_->begin(deadline);
    row_collector answer;
    const auto asked = co_await link_->exchange(PQsendQuery(link_->native(), question.c_str()), answer);
    session_answer_ = asked.has_value() && !answer.rows.empty() && !answer.rows[0].empty() ? answer.rows[0][0] : "";
}

asio::awaitable<outcome<description>> connection::describe(const statement& what, link::time_point deadline) {
    link_->begin(deadline);
    auto about = co_await prepare_as("", what);   // the unnamed statement: the next one replaces it
    if (about.has_error()) co_return about.error();
    const auto named = co_await name_types(*about);
    if (named.has_error()) co_return named.error();
    co_return about;
}

outcome<void> connection::bind(std::span<const std::string_view> parameters) {
    bound_.texts.clear();
    bound_.values.clear();
    std::vector<std::size_t> offsets;
    for (const auto text : parameters) {
        if (text.size() > max_parameter_bytes)
            return make_failure(errc::invalid_parameter, "a parameter of " + std::to_string(text.size()) + " bytes; the limit is " +
                                                             std::to_string(max_parameter_bytes));
        // libpq would end the value there.
        if (text.find('\0') != std::string_view::npos) return make_failure(errc::invalid_parameter, "a parameter holds a NUL byte");
        offsets.push_back(bound_.texts.size());
        bound_.texts.append(text).push_back('\0');
    }
    for (const auto offset : offsets) bound_.values.push_back(bound_.texts.data() + offset);
    return {};
}

asio::awaitable<outcome<void>> connection::make_ready(const statement& what, prepared& entry) {
    if (entry.usable && entry.sql == what.sql) co_return outcome<void>{};
    if (entry.server_name.empty()) {
        entry.server_name = server_name_for(what.name, ++names_given_);
    } else {
        const auto dropped = co_await deallocate(entry.server_name);
        if (dropped.has_error()) co_return dropped.error();
    }
    entry.usable = false;
    auto about = co_await prepare_as(entry.server_name, what);
    if (about.has_error()) co_return about.error();
    entry.sql = what.sql;
    entry.columns = std::move(about->columns);
    entry.usable = true;
    co_return outcome<void>{};
}

asio::awaitable<outcome<description>> connection::prepare_as(const std::string& server_name, const statement& what) {
    result_ignorer nothing;
    const auto prepared_now =
        co_await link_->exchange(PQsendPrepare(link_->native(), server_name.c_str(), what.sql.c_str(),
                                               static_cast<int>(what.parameter_types.size()), what.parameter_types.data()),
                                 nothing);
    if (prepared_now.has_error()) co_return prepared_now.error();
    description_reader reader;
    const auto described = co_await link_->exchange(PQsendDescribePrepared(link_->native(), server_name.c_str()), reader);
    if (described.has_error()) co_return described.error();
    const auto resolved = co_await resolve_types(reader.about.columns);
    if (resolved.has_error()) co_return resolved.error();
    co_return std::move(reader.about);
}

// That there is nothing of that name is no error.
asio::awaitable<outcome<void>> connection::deallocate(const std::string& server_name) {
    result_ignorer nothing;
    const auto sql = "DEALLOCATE " + quoted_identifier(server_name);
    const auto dropped = co_await link_->exchange(PQsendQuery(link_->native(), sql.c_str()), nothing);
    if (dropped.has_error() && dropped.error().code != errc::server_error) co_return dropped.error();
    co_return outcome<void>{};
}

asio::awaitable<outcome<void>> connection::resolve_types(std::vector<column>& columns) {
    const auto oids = unknown_types(columns);
    if (oids.empty()) co_return outcome<void>{};
    row_collector answer;
    const auto sql = type_query(oids);
    const auto asked = co_await link_->exchange(PQsendQuery(link_->native(), sql.c_str()), answer);
    if (asked.has_error()) co_return asked.error();
    for (const auto& row : answer.rows) {
        const type_row told{oid_from(row[0]), row[1] == "t", oid_from(row[2]), row[3].empty() ? ',' : row[3][0]};
        apply_type(told, columns);
    }
    co_return outcome<void>{};
}

asio::awaitable<outcome<void>> connection::name_types(description& about) {
    if (about.parameter_types.empty()) co_return outcome<void>{};
    row_collector answer;
    const auto sql = type_name_query(about.parameter_types);
    const auto asked = co_await link_->exchange(PQsendQuery(link_->native(), sql.c_str()), answer);
    if (asked.has_error()) co_return asked.error();
    for (auto& row : answer.rows) about.parameter_type_names.push_back(std::move(row[0]));
    co_return outcome<void>{};
}

int connection::send_bound(const prepared& entry) {
    return PQsendQueryPrepared(link_->native(), entry.server_name.c_str(), static_cast<int>(bound_.values.size()), bound_.values.data(),
                               nullptr, nullptr, 0);
}

asio::awaitable<outcome<void>> connection::execute(const prepared& entry, row_sink& rows, bool& touched) {
    row_streamer reader(entry.columns, rows, touched);
    const int sent = send_bound(entry);
    if (sent != 0) PQsetSingleRowMode(link_->native());
    auto result = co_await link_->exchange(sent, reader);
    if (!reader.is_mismatched()) co_return result;
    // Somebody else's statement stands under our name: a pooler that shares sessions without knowing of prepared statements.
    link_->close();
    co_return make_failure(errc::protocol_error, mismatched_columns);
}

}  // namespace respgres::postgres
