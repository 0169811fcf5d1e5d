#pragma once

#include "bench/side_by_side/process_cpu.hpp"
#include "bench/side_by_side/results.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace respgres::side_by_side {

struct target_address {
    std::string name;      // those of proxies begin with "respgres"
    std::string address;   // IPV4:PORT or unix:PATH
};

struct benchmark_options {
    std::vector<target_address> targets;   // `redis` must be one: it is where keys are stored
    std::vector<process> processes;        // whose CPU is counted
    std::uint64_t rows = 0;                // that the database holds: keys 1 .. rows can be missed and filled
    std::size_t keys = 0;                  // that are stored for each line; 0 = as many as the line says
    std::size_t connections = 50;          // to each target
    double seconds = 120;                  // of measuring, in all
    int core = -1;                         // that the client keeps to itself; -1 = none
    std::uint64_t seed = 1;                // of the order of turns and the choice of keys
    std::vector<std::string> only;         // ids of workloads
};

// Measures every workload in each of its lanes whose target is among those given; says on standard error how far it is.
// Throws std::runtime_error when a target breaks, answers wrongly, or a proxy does not answer from its near cache where it should.
std::vector<summary> run(const benchmark_options& options);

}  // namespace respgres::side_by_side
