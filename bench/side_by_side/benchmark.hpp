#pragma once

#include "bench/side_by_side/process_cpu.hpp"
#include "bench/side_by_side/results.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace respgres::side_by_side {

struct target_address {
    std::string name;
    std::string host;
    std::uint16_t port;
};

struct benchmark_options {
    std::vector<target_address> targets;   // the first one is Redis itself, with which the others are compared
    std::vector<process> processes;        // whose CPU is counted
    std::string filler;                    // the target that fills mapped keys
    std::uint64_t rows = 0;                // that the database holds: keys 1 .. rows can be missed and filled
    std::size_t connections = 50;          // to each target
    double seconds = 120;                  // of measuring, in all
    int core = -1;                         // that the client keeps to itself; -1 = none
    std::uint64_t seed = 1;                // of the order of turns and the choice of keys
    std::vector<std::string> only;         // ids of workloads; empty = all
};

// Measures every workload on every target; says on standard error how far it is.
// Throws std::runtime_error when a target breaks.
std::vector<summary> run(const benchmark_options& options);

}  // namespace respgres::side_by_side
