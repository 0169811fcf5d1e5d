#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respgres::tests::consistency {

// The command line of consistency_run.
struct options {
    double seconds = 20;
    std::uint64_t rows = 0;             // that are judged at least
    std::string mode = "lease-only";
    std::string faults = "none";
    std::string program;                // a respgres other than the one built with this
    std::uint64_t seed = 0;             // 0: taken from the clock, and printed
    bool sync_standby = false;
    double reads_per_second = 4'000;
    double writes_per_second = 200;
    unsigned readers = 4;
    unsigned writers = 4;
    unsigned items = 32;
    std::uint32_t workers = 2;          // of each proxy
    std::int64_t bound_ms = 500;
    std::uint32_t coalesce_ms = 0;      // of the wide mappings
    std::optional<std::int64_t> slowness_ms;   // of wide fills, about; nothing: as the mode has it
    std::vector<std::string> postgres_settings;   // lines of postgresql.conf
    bool near = false;                  // the proxies keep replies in their own memory as well
    bool expect_violations = false;
    bool stop_at_first = false;
    bool quiet = false;
};

// Nothing if the program is to end, with this exit code.
std::optional<options> read_options(int argc, char** argv, int& exit_code);

}  // namespace respgres::tests::consistency
