#pragma once

#include "tests/consistency/history.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests::consistency {

// The data of the workload: items(id, version, grp, pad), each item in one of two groups of its own, and the mapped keys over them.
//
//   item:{id}    json_row   one row             row:{id}     hash   the same row
//   group:{grp}  json       all of one group    everything   json   all rows
//
// An item has five cells: one in each kind of key, for groups one in each of the two that it can be in.
inline constexpr std::size_t cells_of_an_item = 5;

struct watched_key {
    enum class kind : std::uint8_t { item, row, group, everything };

    kind what = kind::item;
    unsigned number = 0;   // of the item or group
};

// A row's version, and what it then says.
struct item_version {
    version number = 0;
    bool present = false;
    unsigned group = 0;
};

class item_set {
public:
    // A multiple of four.
    explicit item_set(unsigned items) : items_(items) {}

    unsigned items() const { return items_; }
    unsigned groups() const { return items_ / 4; }
    std::size_t cells() const { return items_ * cells_of_an_item; }
    unsigned home_of(unsigned item) const { return item % groups(); }
    unsigned away_of(unsigned item) const { return (item + 1) % groups(); }

    std::string name_of(const watched_key& key) const;
    // "group:3, row 17".
    std::string name_of(cell where) const;
    // The names of all keys that a change of this item concerns.
    std::vector<std::string> keys_of(unsigned item) const;
    std::vector<watched_key> all_keys() const;

    // What an attempt to give an item this version means for its cells.
    std::vector<write> writes(unsigned item, const item_version& made, moment begin, moment end, bool committed) const;
    // `when` is left for the caller to fill in.
    std::vector<invalidation> invalidations(unsigned item, version number, moment when) const;
    // What a key's value says of its cells; `common` holds times and proxy.
    std::vector<read> reads(const watched_key& key, std::string_view reply, const read& common) const;

    // The table with every item at version 1 in its home group, the publication, and a replica identity that tells a row's old group.
    std::string schema() const;

private:
    std::vector<unsigned> members_of(const watched_key& key) const;
    cell cell_of(const watched_key& key, unsigned item) const;

    unsigned items_;
};

// The rows that a reply to GET or HGETALL of a key tells of: version by id. A row of a hash has id `unnamed`.
inline constexpr unsigned unnamed = ~0u;
std::map<unsigned, version> rows_in(std::string_view reply);

// The [mapping.*] tables. A fill of a wide key takes `slowness` longer, as an aggregate over many rows does. `sleeps`: by a volatile function, with which the
// change stream is not trusted; else by work, so that it is about that long. `coalesce_ms`: of the wide ones.
std::string mapping_tables(std::chrono::milliseconds slowness, bool sleeps, std::uint32_t coalesce_ms, bool near = false);

}  // namespace respgres::tests::consistency
