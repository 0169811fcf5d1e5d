#include "tests/consistency/options.hpp"

#include "tests/consistency/modes.hpp"

#include <CLI/CLI.hpp>

namespace respgres::tests::consistency {

std::optional<options> read_options(int argc, char** argv, int& exit_code) {
    CLI::App app{"Writes, reads and faults against real servers, and the judgement of what was read (tests/consistency/README.md)."};
    options chosen;
    std::string names;
    for (const auto& each : modes()) names.append("\n").append(each.name).append(": ").append(each.meaning);
    app.add_option("--seconds", chosen.seconds, "how long writers write")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--rows", chosen.rows, "go on beyond --seconds until as many rows were read and judged")->capture_default_str();
    app.add_option("--mode", chosen.mode, "how the cache is kept in step:" + names)->capture_default_str();
    app.add_option("--faults", chosen.faults, "names with commas between, 'all' or 'none'")->capture_default_str();
    app.add_option("--respgres", chosen.program, "the program to judge, instead of the one that was built with this")
        ->check(CLI::ExistingFile);
    app.add_option("--seed", chosen.seed, "of all choices; 0 = another each time")->capture_default_str();
    app.add_flag("--sync-standby", chosen.sync_standby, "commits wait for a synchronous standby, now and then for long");
    app.add_option("--reads", chosen.reads_per_second, "per second, of all readers; 0 = as many as can be")->capture_default_str();
    app.add_option("--writes", chosen.writes_per_second, "transactions per second, of all writers; 0 = as many as can be")
        ->capture_default_str();
    app.add_option("--readers", chosen.readers, "threads")->check(CLI::Range(1u, 64u))->capture_default_str();
    app.add_option("--writers", chosen.writers, "threads")->check(CLI::Range(1u, 64u))->capture_default_str();
    app.add_option("--items", chosen.items, "rows, a multiple of 4")->check(CLI::Range(8u, 4'000u))->capture_default_str();
    app.add_option("--workers", chosen.workers, "of each proxy")->check(CLI::Range(1u, 64u))->capture_default_str();
    app.add_option("--bound", chosen.bound_ms, "ms, of rule R2; in mode replication also of the proxies")
        ->check(CLI::Range(1, 60'000))
        ->capture_default_str();
    app.add_option("--coalesce", chosen.coalesce_ms,
                   "ms, coalesce_ms of the wide mappings in mode replication; rule R2 takes it to the bound")
        ->check(CLI::Range(0, 60'000));
    app.add_option("--slowness", chosen.slowness_ms, "ms, of fills of wide keys; 2 unless said, 0 in mode replication")
        ->check(CLI::Range(0, 1'000));
    app.add_option("--postgres", chosen.postgres_settings, "a line of postgresql.conf, such as 'synchronous_commit = off'")
        ->allow_extra_args(false);
    app.add_flag("--near", chosen.near, "the proxies have a near cache; in mode replication, where R1 is not judged");
    app.add_flag("--expect-violations", chosen.expect_violations, "exit 0 if there were some, 1 if not");
    app.add_flag("--stop-at-first", chosen.stop_at_first, "end at the first violation");
    app.add_flag("--quiet", chosen.quiet, "no progress line");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    chosen.items -= chosen.items % 4;
    return chosen;
}

}  // namespace respgres::tests::consistency
