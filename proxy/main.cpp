// The command line: respgres serve | check | explain | setup | hash-password | reference.
#include "conf/reader.hpp"
#include "proxy/app.hpp"
#include "proxy/change_facts.hpp"
#include "proxy/explain.hpp"
#include "proxy/hash_password.hpp"
#include "proxy/invalidations/freshness_problems.hpp"
#include "proxy/log_setup.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/query_check.hpp"
#include "proxy/setup.hpp"
#include "proxy/users/password_hash.hpp"
#include "proxy/users/user_table.hpp"
#include "proxy/workers/tls_contexts.hpp"

#include <CLI/CLI.hpp>

#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace respgres::proxy {

namespace {

constexpr int exit_problems = 2;

void tell(const conf::problems& found) {
    for (const auto& problem : found) std::fprintf(stderr, "%s\n", conf::to_string(problem).c_str());
}

// Reads and compiles the file; tells all problems and returns nothing if there are any.
std::optional<configuration> read_configuration(const std::string& file) {
    auto read = conf::read_file(file);
    auto mappings = std::make_shared<mapping_table>(mapping_table::build(read.value, read.found));
    auto rules = drop_rules::build(read.value, *mappings, read.found);
    auto users = user_table::build(read.value, read.found);
    conf::problems warnings = unnotified(read.value, *mappings, rules);
    tls_contexts tls = load_tls(read.value, read.found, warnings);
    if (read.found.empty())
        return configuration{std::move(read.value), std::move(mappings), std::move(rules),
                             std::move(users),      std::move(tls),      std::move(warnings)};
    tell(read.found);
    std::fprintf(stderr, "%zu problem%s in %s\n", read.found.size(), read.found.size() == 1 ? "" : "s", file.c_str());
    return std::nullopt;
}

// Tells what the change stream cannot promise. False: a mapping's keys could not be dropped. What the server lacks is told by who follows the stream, until it
// has it. `told`: what the mappings read, if PostgreSQL has told.
bool can_follow_changes(const configuration& configured, std::shared_ptr<const table_facts>& told) {
    if (configured.settings.freshness.source.value != conf::freshness_source::replication) return true;
    const auto facts = read_change_facts(configured.settings, *configured.mappings);
    if (facts.has_error()) {
        spdlog::warn("what the change stream needs is not checked: {}", facts.error().detail);
        return true;
    }
    const auto report = mapping_problems(*configured.mappings, facts->tables, facts->server);
    told = std::make_shared<const table_facts>(facts->tables);
    tell(report.found);
    for (const auto& warning : report.warnings) spdlog::warn("{}", conf::to_string(warning));
    return report.found.empty();
}

int run_serve(const std::string& file) {
    auto configured = read_configuration(file);
    if (!configured) return exit_problems;
    set_up_log(configured->settings.log);
    for (const auto& warning : configured->warnings) spdlog::warn("{}", conf::to_string(warning));
    std::shared_ptr<const table_facts> facts;
    if (!configured->mappings->all().empty()) {
        const query_report report = check_queries(configured->settings, *configured->mappings);
        tell(report.found);
        if (!report.found.empty()) return exit_problems;
        for (const auto& warning : report.warnings) spdlog::warn("{}", conf::to_string(warning));
        if (!report.reachable)
            spdlog::warn("PostgreSQL cannot be reached: {}; keys that Redis holds are served, fills begin when it is back", report.why);
        else if (!can_follow_changes(*configured, facts))
            return exit_problems;
    }
    return serve(std::move(*configured), std::move(facts));
}

// What keeps the changes of tables from being told, for [freshness] source = "replication".
void check_changes(const configuration& configured, conf::problems& found, conf::problems& warnings) {
    if (configured.settings.freshness.source.value != conf::freshness_source::replication) return;
    const auto facts = read_change_facts(configured.settings, *configured.mappings);
    if (facts.has_error()) {
        found.push_back(
            {configured.settings.freshness.source.where, "what the change stream needs is not checked: " + facts.error().detail});
        return;
    }
    for (auto& report : {mapping_problems(*configured.mappings, facts->tables, facts->server),
                         server_problems(configured.settings, facts->tables, facts->server)}) {
        found.insert(found.end(), report.found.begin(), report.found.end());
        warnings.insert(warnings.end(), report.warnings.begin(), report.warnings.end());
    }
}

int run_check(const std::string& file) {
    auto configured = read_configuration(file);
    if (!configured) return exit_problems;
    conf::problems found;
    std::size_t prepared = 0;
    if (!configured->mappings->all().empty()) {
        const query_report report = check_queries(configured->settings, *configured->mappings);
        found = report.found;
        configured->warnings.insert(configured->warnings.end(), report.warnings.begin(), report.warnings.end());
        prepared = report.queries.size();
        if (!report.reachable)
            found.push_back(
                {configured->settings.postgres.url.where, "PostgreSQL cannot be reached, so the queries are not checked: " + report.why});
        else
            check_changes(*configured, found, configured->warnings);
    }
    const std::string redis = redis_problem(configured->settings.redis, configured->tls.redis);
    if (!redis.empty()) found.push_back({configured->settings.redis.url.where, "Redis cannot be reached: " + redis});
    tell(found);
    for (const auto& warning : configured->warnings) std::fprintf(stderr, "%s (a warning)\n", conf::to_string(warning).c_str());
    if (!found.empty()) return exit_problems;
    for (const auto& rule : configured->rules.all()) std::printf("rule %s: %s\n", rule.name.c_str(), rule.words.c_str());
    const std::size_t rules = configured->rules.all().size();
    std::printf("%s: no problems; %zu mappings, %zu queries prepared%s\n", file.c_str(), configured->mappings->all().size(), prepared,
                rules == 0 ? "" : (", " + std::to_string(rules) + (rules == 1 ? " rule" : " rules")).c_str());
    return 0;
}

int run_explain(const std::string& file, const std::string& key) {
    const auto configured = read_configuration(file);
    if (!configured) return exit_problems;
    return explain(configured->settings, *configured->mappings, configured->rules, key);
}

int run_setup(const std::string& file, bool apply) {
    const auto configured = read_configuration(file);
    if (!configured) return exit_problems;
    return set_up(configured->settings, *configured->mappings, apply);
}

int run(int argc, char** argv) {
    CLI::App app("respgres: a Redis-protocol proxy that fills declared keys from PostgreSQL");
    app.set_version_flag("--version", "respgres " RESPGRES_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 all is well, 2 problems in the configuration (each told as file:line:column: message).");
    std::string file;
    std::string key;
    const auto with_config = [&file](CLI::App* command) {
        command->add_option("-c,--config", file, "configuration file (TOML); `respgres reference` describes it")->required();
        return command;
    };
    CLI::App* const serve_command = with_config(app.add_subcommand("serve", "run the proxy in the foreground until SIGTERM or Ctrl-C"));
    CLI::App* const check_command =
        with_config(app.add_subcommand("check", "read the configuration, connect, prepare every query, and tell all problems at once"));
    CLI::App* const explain_command = with_config(app.add_subcommand("explain", "tell what the proxy would do for a key"));
    explain_command->add_option("KEY", key, "a Redis key, for example active_bets:limit_100")->required();
    bool apply = false;
    CLI::App* const setup_command =
        with_config(app.add_subcommand("setup", "print the SQL that the change stream needs and PostgreSQL does not have yet"));
    setup_command->add_flag("--apply", apply, "run it; what changes tables, roles or the server is only printed");
    CLI::App* const hash_command = app.add_subcommand("hash-password", "read a password and print its hash for the users file");
    std::uint32_t iterations = usual_iterations;
    hash_command->add_option("--iterations", iterations, "of PBKDF2: more are slower to guess, and to check")
        ->check(CLI::Range(fewest_iterations, most_iterations))
        ->capture_default_str();
    CLI::App* const reference_command = app.add_subcommand("reference", "print every configuration option with its default and meaning");
    CLI11_PARSE(app, argc, argv);
    if (*serve_command) return run_serve(file);
    if (*check_command) return run_check(file);
    if (*explain_command) return run_explain(file, key);
    if (*setup_command) return run_setup(file, apply);
    if (*hash_command) return hash_password(iterations);
    if (*reference_command) std::fputs(conf::describe().c_str(), stdout);
    return 0;
}

}  // namespace

}  // namespace respgres::proxy

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is told by write(), also to OpenSSL and libpq
    try {
        return respgres::proxy::run(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "respgres: %s\n", e.what());
        return 1;
    }
}
