#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace respgres::change_stream {

// Which transactions a snapshot of PostgreSQL sees, as `SELECT pg_current_snapshot()` tells it. Immutable.
//
// Of a primary only: on a standby the list of running transactions is empty although some run. What it says of transactions holds for committed ones,
// by the id of the whole transaction; those of the change stream are both.
class snapshot {
public:
    // "xmin:xmax:xip,xip...": 64-bit ids; nullopt for anything that PostgreSQL would not take for a snapshot.
    static std::optional<snapshot> parse(std::string_view text);

    // Whether the effects of the committed transaction `xid` are in the snapshot.
    bool sees(std::uint64_t xid) const;

    // The 64-bit id of a transaction whose lower half is `xid`, from the change stream: the one nearest to this snapshot. Right as long as
    // fewer than 2^31 transactions lie between them, which PostgreSQL itself relies on.
    std::uint64_t widen(std::uint32_t xid) const;

    std::uint64_t xmin() const { return xmin_; }  // every transaction before it has ended
    std::uint64_t xmax() const { return xmax_; }  // from it on nothing is seen
    std::span<const std::uint64_t> running() const { return running_; }  // those between that had not ended, ascending

private:
    std::uint64_t xmin_ = 0;
    std::uint64_t xmax_ = 0;
    std::vector<std::uint64_t> running_;
};

}  // namespace respgres::change_stream
