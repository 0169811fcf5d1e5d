#include "bench/bookmaker/live.hpp"
#include "bench/bookmaker/load.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using namespace respgres::bookmaker;

constexpr std::uint64_t most_rows = 1'000'000'000;

void describe_load(CLI::App& command, load_options& options) {
    command.add_option("--postgres", options.url, "the database, as libpq takes it: postgresql://user@host:port/name")->required();
    command.add_option("--bets", options.sizes.bets, "how many bets")
        ->check(CLI::Range(std::uint64_t{1}, most_rows))
        ->capture_default_str();
    command.add_option("--users", options.sizes.users, "how many users; a tenth of them has a session")
        ->check(CLI::Range(std::uint64_t{1}, most_rows))
        ->capture_default_str();
    command.add_option("--events", options.sizes.events, "how many events")
        ->check(CLI::Range(std::uint64_t{1}, most_rows))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "the same seed makes the same rows (times are relative to now)")->capture_default_str();
}

void describe_run(CLI::App& command, live_options& options) {
    command.add_option("--postgres", options.url, "the database, filled by `bookmaker load`")->required();
    command.add_option("--rate", options.rate, "transactions per second; half place a bet, half close one")
        ->check(CLI::Range(0.01, 1e6))
        ->capture_default_str();
    command.add_option("--seconds", options.seconds, "how long; 0 = until Ctrl-C")->check(CLI::NonNegativeNumber)->capture_default_str();
    command.add_option("--connections", options.connections, "connections to PostgreSQL, each pipelined")
        ->check(CLI::Range(1u, 64u))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "of the choice of users, events and amounts")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The betting data of respgres (conf/betting.sql): fills the tables, and places and settles bets live."};
    app.require_subcommand(1);

    load_options loading;
    CLI::App* const load_command = app.add_subcommand("load", "fill the empty tables, all or nothing");
    describe_load(*load_command, loading);

    live_options running;
    CLI::App* const run_command = app.add_subcommand("run", "place and settle bets at a steady rate; Ctrl-C ends it");
    describe_run(*run_command, running);

    CLI11_PARSE(app, argc, argv);
    try {
        if (load_command->parsed()) {
            load(loading);
            return 0;
        }
        return run_live(running) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bookmaker: %s\n", error.what());
        return 1;
    }
}
