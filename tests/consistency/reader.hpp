#pragma once

#include "tests/consistency/mailbox.hpp"
#include "tests/consistency/pacer.hpp"
#include "tests/consistency/resp_link.hpp"
#include "tests/consistency/sql_link.hpp"
#include "tests/consistency/workload.hpp"

#include <random>
#include <string>
#include <vector>

namespace respgres::tests::consistency {

// One thread's reads through one proxy, one to eight at once; half of them of the items in focus.
class reader {
public:
    reader(workload& shared, mailbox& box, std::uint64_t seed, double per_second);

    // Until shared.reading is false.
    void run();

    // Reads one key once; nothing if that was not possible.
    static std::vector<read> read_once(workload& shared, resp_link& link, const watched_key& key, std::uint8_t proxy);

private:
    watched_key choose();
    void read_keys(const std::vector<watched_key>& keys);
    // Cache-aside, as applications do it: what Redis does not hold is read from PostgreSQL and set.
    bool fill_by_hand(const watched_key& key, std::string& reply);

    workload& shared_;
    mailbox& box_;
    std::mt19937_64 random_;
    pacer pace_;
    std::uint8_t proxy_;
    resp_link front_;
    resp_link filling_;
    sql_link postgres_;
};

}  // namespace respgres::tests::consistency
