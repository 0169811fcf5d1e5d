#pragma once

#include "tests/consistency/mailbox.hpp"
#include "tests/consistency/resp_link.hpp"
#include "tests/consistency/sql_link.hpp"
#include "tests/consistency/workload.hpp"

#include <string>

namespace respgres::tests::consistency {

// What change data capture without a fence does: each row in the change stream becomes a DEL of its keys through a proxy, at once. The change stream
// delivers a transaction before it is visible, so that a fill right after the DEL still reads the old row.
class tap {
public:
    static constexpr const char* slot = "tap";

    // Makes its slot, from which on it sees all changes.
    tap(workload& shared, mailbox& box);

    // Until shared.following is false and nothing is left to delete.
    void run();

private:
    // How many rows there were.
    std::size_t once();

    workload& shared_;
    mailbox& box_;
    sql_link postgres_;
    resp_link front_;
};

}  // namespace respgres::tests::consistency
