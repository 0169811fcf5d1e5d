#pragma once

#include "backends/change_stream/cell.hpp"
#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/relation.hpp"
#include "backends/change_stream/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respgres::change_stream {

// The cells of one row, with their bytes.
class row {
public:
    row() = default;
    // Of a row as it was with only its identity, the columns outside of it are `unknown`.
    row(const pgoutput::tuple& cells, const relation& table, bool only_identity);

    std::size_t size() const { return cells_.size(); }
    cell operator[](std::size_t column) const;
    std::size_t memory() const { return bytes_.size() + cells_.size() * sizeof(cells_[0]); }

private:
    struct extent {
        std::uint32_t end;   // in bytes_; begins where the one before ends
        cell::form how;
    };

    std::string bytes_;
    std::vector<extent> cells_;
};

// What happened to one row, or to all of them.
struct change {
    enum class kind : std::uint8_t { insert, update, remove, truncate };

    kind what;
    relation_ptr table;
    std::optional<row> before;   // as far as it was sent; see old_value
    std::optional<row> after;    // of insert and update

    // The value of a column before and after. An UPDATE that sends no old row has not changed the replica identity, and a large value that is not sent again
    // is the old one: both are told, where known. Views into this change.
    cell old_value(std::size_t column) const;
    cell new_value(std::size_t column) const;

    std::size_t memory() const;  // bytes, about
};

// A table of which any row may have changed.
struct wide_change {
    enum class cause : std::uint8_t {
        truncated,
        redefined,  // its definition is another than the one known before
        ddl,  // a message of the event trigger names it
        too_large,  // the transaction changed more rows of all its tables than are kept
    };

    std::uint32_t relation_id;
    relation_ptr table;  // null when the stream never described it
    cause why;
};

// All that one committed transaction did to published tables.
struct transaction {
    std::uint32_t xid = 0;  // the lower half
    lsn commit_lsn;
    lsn end_lsn;  // behind its commit: what comes later begins here
    timestamp committed;  // the server's clock; not in the order of commits
    std::vector<change> changes;  // in order, a truncation among them; empty when rows_known is not set
    std::vector<wide_change> wide;  // each table once for each cause
    bool rows_known = true;  // false: too large, see `wide`
    bool everything_changed = false;  // not even the tables are known
};

}  // namespace respgres::change_stream
