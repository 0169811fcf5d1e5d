#include "proxy/change_facts.hpp"

#include "proxy/invalidations/read_table_facts.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;
using std::chrono::seconds;
using std::chrono::steady_clock;

asio::awaitable<void> open_and_ask(postgres::session& over, const conf::settings& settings, const mapping_table& mappings,
                                   std::optional<outcome<change_facts>>& out) {
    const auto opened = co_await over.open(steady_clock::now() + settings.postgres.connect_timeout);
    if (opened.has_error()) {
        out.emplace(opened.error());
        co_return;
    }
    auto asked = co_await ask_change_facts(over, settings, mappings);
    out.emplace(std::move(asked));
    over.close();
}

}  // namespace

postgres::session_settings setup_session(const conf::settings& settings) {
    postgres::session_settings to;
    to.url = settings.postgres.url.value;
    to.password = settings.postgres.password;
    to.connect_timeout = settings.postgres.connect_timeout;
    to.read_only = false;
    to.name = "respgres setup";
    return to;
}

asio::awaitable<outcome<change_facts>> ask_change_facts(postgres::session& over, const conf::settings& settings,
                                                        const mapping_table& mappings) {
    const auto limit = steady_clock::now() + seconds(2 + mappings.all().size());
    change_facts facts;
    auto tables = co_await read_table_facts(over, settings, mappings, limit);
    if (tables.has_error()) co_return tables.error();
    facts.tables = std::move(*tables);
    auto server = co_await read_server_facts(over, settings.freshness, limit);
    if (server.has_error()) co_return server.error();
    facts.server = std::move(*server);
    co_return facts;
}

outcome<change_facts> read_change_facts(const conf::settings& settings, const mapping_table& mappings) {
    asio::io_context context(1);
    postgres::session over(context.get_executor(), setup_session(settings));
    std::optional<outcome<change_facts>> out;
    run_alone(context, open_and_ask(over, settings, mappings, out));
    return std::move(*out);
}

void run_alone(asio::io_context& context, asio::awaitable<void> work) {
    std::exception_ptr thrown;
    asio::co_spawn(context, std::move(work), [&thrown](std::exception_ptr e) { thrown = e; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace respgres::proxy
