#pragma once

#include "tests/consistency/mailbox.hpp"
#include "tests/consistency/rules.hpp"
#include "tests/consistency/workload.hpp"

#include <deque>

namespace respgres::tests::consistency {

// Brings what the threads have seen to the checker. Used by one thread.
class judge {
public:
    // All rows are at version 1 since `began`.
    judge(rule_checker::settings chosen, workload& shared, const setbacks& allowed, moment began);

    // For one thread; stays valid.
    mailbox& new_mailbox() { return boxes_.emplace_back(); }

    // Judges what can be judged by now.
    void collect();
    // R3: reads all keys through each proxy and compares them with PostgreSQL. Nobody may write. Throws if a key cannot be read.
    void settle();
    void stale_served(std::uint8_t proxy, std::uint64_t answers) { checker_.stale_served(proxy, answers); }

    const verdict& result() const { return checker_.result(); }

private:
    workload& shared_;
    const setbacks& allowed_;
    rule_checker checker_;
    std::deque<mailbox> boxes_;
};

}  // namespace respgres::tests::consistency
