#pragma once

#include "tests/consistency/platform.hpp"

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests::consistency {

// Something that goes wrong while the workload runs. When inject() returns, all servers are up again.
struct fault {
    std::string_view name;
    std::string_view meaning;
    bool needs_relay;      // and a replica of Redis
    bool loses_writes;     // of Redis, which it had acknowledged: R1 does not hold then
    bool needs_slot;       // of the proxies' change stream
    void (*inject)(platform& servers, std::mt19937_64& random);
};

const std::vector<fault>& faults();

// Of a list with commas: all that are named; "all": those which the mode has a use for; "none". Throws std::runtime_error for an unknown name.
std::vector<const fault*> faults_named(std::string_view list, const mode& how);

// Injects one of `chosen` every two to five seconds, until `ends`. `tell` gets a line for each.
void inject_faults(platform& servers, const std::vector<const fault*>& chosen, std::uint64_t seed, const std::atomic<bool>& ends,
                   const std::function<void(const std::string&)>& tell);

}  // namespace respgres::tests::consistency
