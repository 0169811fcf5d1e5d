#pragma once

#include "backends/change_stream/transaction.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::change_stream {

// A transaction that has not ended yet, as far as its changes have come. Subtransactions that were rolled back leave nothing.
//
// Bounded: past a limit it forgets the rows and keeps the tables only ("shed"); what a subtransaction that is rolled back later did to them then
// stays. Past max_tables even they are forgotten.
class open_transaction {
public:
    struct limits {
        std::size_t max_changes;
        std::size_t max_bytes;
    };
    static constexpr std::size_t max_tables = 10'000;

    explicit open_transaction(limits most) : limits_(most) {}

    // `subxid` did it: the transaction's own id, or that of a subtransaction.
    void add(std::uint32_t subxid, change made) { hold(subxid, std::move(made)); }
    void add(std::uint32_t subxid, wide_change made) { hold(subxid, std::move(made)); }
    // Any table may have changed; stays when its subtransaction is rolled back.
    void add_everything() { everything_ = true; }

    // A definition that holds within this transaction only, until it is committed.
    void define(std::uint32_t subxid, relation_ptr described);
    relation_ptr find(std::uint32_t relation_id) const;  // null: not defined within it

    void roll_back(std::uint32_t subxid);
    void shed();
    bool has_rows() const { return rows_known_; }

    std::size_t memory() const { return memory_; }  // bytes, about

    // It is committed: its definitions hold for all now. Fills in all but xid, positions and time.
    transaction finish(relation_cache& definitions);

private:
    using event = std::variant<change, wide_change>;
    struct held {
        std::uint32_t subxid;
        event what;
    };
    struct definition {
        std::uint32_t subxid;
        relation_ptr described;
    };

    void hold(std::uint32_t subxid, event what);
    void keep_table_of(event what);

    limits limits_;
    std::vector<held> events_;
    std::unordered_map<std::uint32_t, std::size_t> events_of_;  // by subxid: how many of events_
    std::unordered_map<std::uint32_t, definition> definitions_;
    std::map<std::pair<std::uint32_t, wide_change::cause>, wide_change> tables_;  // after shed(), and for finish()
    std::size_t memory_ = 0;
    bool rows_known_ = true;
    bool everything_ = false;
};

}  // namespace respgres::change_stream
