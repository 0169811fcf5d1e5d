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

// One thread's transactions over one to three items: updates (also of several rows at once), moves to the other group, deletions, insertions,
// savepoints that are rolled back, transactions that are. Then, where the mode has it, the keys are deleted.
class writer {
public:
    writer(workload& shared, mailbox& box, std::uint64_t seed, double per_second);

    // Until shared.writing is false.
    void run();

private:
    enum class ending { committed, rolled_back };

    // What a transaction wants to make of one item.
    struct plan {
        unsigned item;
        item_version made;
        bool only_version;  // an update of nothing but the version
    };

    std::vector<unsigned> choose();
    plan plan_for(unsigned item);
    std::string statement(const plan& p) const;
    std::string statements(const std::vector<plan>& plans, const std::vector<plan>& undone);
    ending commit(const std::vector<plan>& plans, const std::vector<plan>& undone);
    ending settle(const plan& first);
    void transact(const std::vector<unsigned>& items);
    void invalidate(const std::vector<plan>& plans);
    void read_after(const plan& made);
    bool one_in(unsigned n) { return random_() % n == 0; }

    workload& shared_;
    mailbox& box_;
    std::mt19937_64 random_;
    pacer pace_;
    sql_link postgres_;
    resp_link front_;
    std::uint8_t proxy_;
};

}  // namespace respgres::tests::consistency
