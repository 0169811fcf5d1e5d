#include "backends/postgres/connect_parameters.hpp"

#include "backends/postgres/failures.hpp"

#include <libpq-fe.h>

#include <memory>

namespace respgres::postgres {
namespace {

using options_ptr = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// libpq quotes the piece of the URL that it does not understand, and that may be the password. What it quotes after these words is a name.
constexpr std::string_view harmless = "invalid URI query parameter";

std::string without_secrets(std::string_view words) {
    words = without_line_end(words);
    if (words.starts_with(harmless)) return std::string(words);
    const auto quote = words.find('"');
    return std::string(words.substr(0, quote)) + (quote == std::string_view::npos ? "" : "(not shown: it may hold the password)");
}

// Ours whatever the server's or the role's settings are, because the values' form depends on them.
constexpr std::string_view fixed_session_sql =
    "SET DateStyle = 'ISO, MDY';"
    "SET IntervalStyle = 'postgres';"
    "SET TimeZone = 'UTC';"
    "SET bytea_output = 'hex';"
    "SET extra_float_digits = 1;"
    "SET standard_conforming_strings = on;";

// We never leave a transaction open; should a query do it, it must not hold back vacuum for long.
constexpr std::string_view idle_limit_sql = "SET idle_in_transaction_session_timeout = '10s';";

}  // namespace

outcome<connect_parameters> connect_parameters::parse(const pool_settings& settings) {
    char* words = nullptr;
    const options_ptr options(PQconninfoParse(settings.url.c_str(), &words), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(words, &PQfreemem);
    if (!options) {
        const auto why = without_secrets(words == nullptr ? "out of memory" : words);
        return make_failure(backends::errc::server_error, "the PostgreSQL URL is not valid: " + why);
    }
    connect_parameters parameters;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr) parameters.set(option->keyword, option->val);
    if (!settings.password.empty()) parameters.set("password", settings.password);
    parameters.set("client_encoding", "UTF8");
    parameters.set_default("application_name", "respgres");
    // A peer that vanished is noticed within a minute when idle, and within the connect limit when it owes an answer. The latter also
    // bounds PQcancel, which blocks a thread.
    parameters.set_default("keepalives_idle", "30");
    parameters.set_default("keepalives_interval", "10");
    parameters.set_default("keepalives_count", "3");
    parameters.set_default("tcp_user_timeout", std::to_string(settings.connect_timeout.count()));
    parameters.write_session_sql(settings);
    return parameters;
}

std::string_view connect_parameters::get(std::string_view keyword) const {
    for (const auto& [name, value] : entries_)
        if (name == keyword) return value;
    return {};
}

void connect_parameters::set(std::string_view keyword, std::string value) {
    for (auto& entry : entries_)
        if (entry.first == keyword) {
            entry.second = std::move(value);
            return;
        }
    entries_.emplace_back(keyword, std::move(value));
}

void connect_parameters::set_default(std::string_view keyword, std::string value) {
    if (get(keyword).empty()) set(keyword, std::move(value));
}

std::vector<const char*> connect_parameters::keywords() const {
    std::vector<const char*> names;
    for (const auto& entry : entries_) names.push_back(entry.first.c_str());
    names.push_back(nullptr);
    return names;
}

std::vector<const char*> connect_parameters::values() const {
    std::vector<const char*> texts;
    for (const auto& entry : entries_) texts.push_back(entry.second.c_str());
    texts.push_back(nullptr);
    return texts;
}

void connect_parameters::write_session_sql(const pool_settings& settings) {
    const auto options = get("options");   // "-c statement_timeout=5s ..."
    const auto by_user = [options](std::string_view name) { return options.find(name) != std::string_view::npos; };
    session_sql_ = settings.read_only ? "SET default_transaction_read_only = on;" : "SET default_transaction_read_only = off;";
    session_sql_ += fixed_session_sql;
    if (!by_user("idle_in_transaction_session_timeout")) session_sql_ += idle_limit_sql;
    const auto limit = settings.statement_timeout.count();
    if (limit <= 0) return;
    if (!by_user("statement_timeout")) session_sql_ += "SET statement_timeout = " + std::to_string(limit) + ";";
    // Less than the whole, so that a query that stood behind a lock says so.
    if (!by_user("lock_timeout")) session_sql_ += "SET lock_timeout = " + std::to_string((limit + 1) / 2) + ";";
}

}  // namespace respgres::postgres
