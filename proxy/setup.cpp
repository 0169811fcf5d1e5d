#include "proxy/setup.hpp"

#include "proxy/change_facts.hpp"
#include "proxy/invalidations/setup_plan.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using kind = setup_step::kind;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Making a slot waits for all open transactions.
constexpr seconds statement_limit{60};

std::string commented(const std::string& text) {
    std::string made = "-- ";
    for (const char c : text) made += c == '\n' ? std::string("\n-- ") : std::string(1, c);
    return made;
}

void print(const setup_step& step) {
    std::printf("%s\n", commented(step.why).c_str());
    for (const auto& sql : step.sql) std::printf("%s;\n", step.how == kind::advice ? commented(sql).c_str() : sql.c_str());
    std::printf("\n");
}

asio::awaitable<bool> apply_step(postgres::session& over, const setup_step& step) {
    std::printf("%s\n", commented(step.why).c_str());
    for (const auto& sql : step.sql) {
        const auto done = co_await over.query(sql, steady_clock::now() + statement_limit);
        const std::string first_line = sql.substr(0, sql.find('\n'));
        const std::string why = done.has_value() ? "" : done.error().detail.empty() ? done.error().code.message() : done.error().detail;
        std::printf("%s: %s\n", done.has_value() ? "ok" : "failed", first_line.c_str());
        if (done.has_value()) continue;
        std::printf("%s\n", commented(why).c_str());
        co_return false;
    }
    co_return true;
}

// What is left for the user decides the exit code when nothing else does.
int left_undone(const std::vector<setup_step>& steps) {
    return std::any_of(steps.begin(), steps.end(), [](const setup_step& s) { return s.blocks; }) ? 1 : 0;
}

asio::awaitable<int> apply_all(postgres::session& over, const std::vector<setup_step>& steps) {
    int code = left_undone(steps);
    for (const auto& step : steps) {
        if (step.how == kind::advice) {
            print(step);
            continue;
        }
        const bool done = co_await apply_step(over, step);
        if (!done && step.how == kind::run) code = 1;
        if (!done && step.how == kind::optional) std::printf("-- It is optional; going on without it.\n");
        std::printf("\n");
    }
    co_return code;
}

asio::awaitable<void> run_setup(postgres::session& over, const conf::settings& settings, const mapping_table& mappings, bool apply,
                                int& code) {
    code = 1;
    const auto opened = co_await over.open(steady_clock::now() + settings.postgres.connect_timeout);
    if (opened.has_error()) {
        std::fprintf(stderr, "PostgreSQL cannot be reached: %s\n", opened.error().detail.c_str());
        co_return;
    }
    const auto facts = co_await ask_change_facts(over, settings, mappings);
    if (facts.has_error()) {
        std::fprintf(stderr, "PostgreSQL does not tell what is there: %s\n", facts.error().detail.c_str());
        co_return;
    }
    if (facts->server.is_standby) {
        std::fprintf(stderr, "The server is a standby: the change stream needs the primary\n");
        co_return;
    }
    const auto steps = setup_plan(settings, mappings, facts->tables, facts->server);
    const bool nothing = std::none_of(steps.begin(), steps.end(), [](const setup_step& s) { return s.how != kind::advice; });
    code = left_undone(steps);
    if (apply && !nothing) {
        code = co_await apply_all(over, steps);
    } else {
        for (const auto& step : steps) print(step);
        if (nothing) std::printf("-- Nothing%s to do.\n", steps.empty() ? "" : " else");
    }
    over.close();
}

}  // namespace

int set_up(const conf::settings& settings, const mapping_table& mappings, bool apply) {
    if (settings.freshness.source.value != conf::freshness_source::replication) {
        std::printf("-- Nothing to do: [freshness] source is not \"replication\".\n");
        return 0;
    }
    asio::io_context context(1);
    postgres::session over(context.get_executor(), setup_session(settings));
    int code = 1;
    run_alone(context, run_setup(over, settings, mappings, apply, code));
    return code;
}

}  // namespace respgres::proxy
