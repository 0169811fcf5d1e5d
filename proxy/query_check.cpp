#include "proxy/query_check.hpp"

#include "backends/postgres/pool.hpp"
#include "backends/redis/handshake.hpp"
#include "proxy/fills/batch_form.hpp"
#include "proxy/mappings/batch_query.hpp"
#include "proxy/values/value_builder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using std::chrono::steady_clock;

void check_one(const mapping& source, const backends::outcome<postgres::description>& described, query_report& report) {
    const auto& where = source.settings.query.where;
    if (described.has_error()) {
        report.found.push_back({where, "query of mapping '" + source.settings.name + "' does not prepare: " + described.error().detail});
        return;
    }
    const std::string problem = columns_problem(source.settings.shape.value, described.value().columns);
    if (!problem.empty()) report.found.push_back({where, "query of mapping '" + source.settings.name + "': " + problem});
    query_report::prepared prepared{&source, {}, described.value().columns};
    for (std::size_t i = 0; i < source.parameters.size(); ++i) {
        const auto& types = described.value().parameter_type_names;
        prepared.parameters.push_back(source.pattern.all_captures()[source.parameters[i]].name + " " + (i < types.size() ? types[i] : "?"));
    }
    report.queries.push_back(std::move(prepared));
}

// Whether one query can fill several keys: a problem if batch_max asks for it, otherwise each key has a query of its own.
asio::awaitable<void> check_batch(postgres::pool& pool, const mapping& source, steady_clock::time_point deadline, query_report& report) {
    const auto& asked = source.settings.batch_max;
    if (batch_limit(source) <= 1) co_return;
    const batch_form form = co_await derive_batch(pool, source, deadline);
    if (form.statement || !form.is_final) co_return;
    const std::string why = "its query cannot be run for several keys at once: " + form.why_not;
    if (asked.value != 0)
        report.found.push_back({asked.where, "batch_max of mapping '" + source.settings.name + "': " + why});
    else
        report.warnings.push_back(
            {source.settings.query.where,
             "mapping '" + source.settings.name + "': " + why + "; each key is filled by a query of its own (`batch_max = 1` says so)"});
}

asio::awaitable<void> check_all(postgres::pool& pool, const conf::settings& settings, const mapping_table& mappings, query_report& report) {
    for (const auto& source : mappings.all()) {
        const auto deadline = steady_clock::now() + settings.postgres.connect_timeout + std::chrono::seconds(1);
        auto described = co_await pool.describe(source->statement, deadline);
        const bool refused = described.has_error() &&
                             (described.error().code == errc::server_error || described.error().code == errc::invalid_parameter) &&
                             !described.error().sqlstate.starts_with("08") && !described.error().sqlstate.starts_with("28") &&
                             !described.error().sqlstate.starts_with("57P") && described.error().sqlstate != "3D000" &&
                             described.error().sqlstate != "53300";
        if (described.has_error() && !refused) {
            report.reachable = false;
            report.why = described.error().detail.empty() ? described.error().code.message() : described.error().detail;
            break;
        }
        report.reachable = true;
        check_one(*source, described, report);
        if (described.has_value()) co_await check_batch(pool, *source, deadline, report);
    }
    co_await pool.stop();
}

// Runs a coroutine to its end on a context of its own.
void run(asio::io_context& context, asio::awaitable<void> work) {
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(work), [&thrown](std::exception_ptr e) { thrown = e; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> greet_redis(const redis::link_settings& settings, std::string& problem) {
    const auto deadline = steady_clock::now() + settings.redis.connect_timeout;
    const auto opened = co_await redis::open_connection(settings, deadline);
    if (opened.has_error()) problem = opened.error().detail;
}

}  // namespace

query_report check_queries(const conf::settings& settings, const mapping_table& mappings) {
    query_report report;
    asio::io_context context(1);
    postgres::pool_settings to;
    to.url = settings.postgres.url.value;
    to.password = settings.postgres.password;
    to.connections = 1;
    to.connect_timeout = settings.postgres.connect_timeout;
    to.reconnect_max = settings.postgres.reconnect_max;
    postgres::pool pool(context.get_executor(), to);
    pool.start();
    run(context, check_all(pool, settings, mappings, report));
    return report;
}

std::string redis_problem(const conf::redis_settings& redis, std::shared_ptr<const net::tls_context> tls) {
    const redis::link_settings settings{redis, redis.database, protocol::resp_version::resp2, std::move(tls)};
    std::string problem;
    asio::io_context context(1);
    run(context, greet_redis(settings, problem));
    return problem;
}

}  // namespace respgres::proxy
