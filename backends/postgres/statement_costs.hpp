#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_map>

namespace respgres::postgres {

// How long each statement lately ran at the server: only those that are known to be quick share a connection. Pure.
//
// The estimate rises by a quarter of what a run took longer and falls by a 64th of what it took less, so it is near the slow ones of a
// statement's runs; one run that the machine held up does not decide.
class statement_costs {
public:
    using nanoseconds = std::chrono::nanoseconds;

    explicit statement_costs(nanoseconds quick_below) : quick_below_(quick_below) {}

    // By statement::name. One that has not run yet is not quick.
    bool is_quick(const std::string& name) const {
        const auto found = costs_.find(name);
        return found != costs_.end() && found->second < quick_below_;
    }

    void ran(const std::string& name, nanoseconds took) {
        const auto [at, is_first] = costs_.try_emplace(name, took);
        if (!is_first) at->second += (took - at->second) / (took > at->second ? 4 : 64);
    }

    // Others had to wait for it: it is not quick until many runs say otherwise.
    void held_up(const std::string& name, nanoseconds took) {
        auto& cost = costs_[name];
        cost = std::max({cost, took, 4 * quick_below_});
    }

private:
    nanoseconds quick_below_;
    std::unordered_map<std::string, nanoseconds> costs_;
};

}  // namespace respgres::postgres
