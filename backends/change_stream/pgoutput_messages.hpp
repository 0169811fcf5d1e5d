#pragma once

#include "backends/change_stream/byte_reader.hpp"
#include "backends/change_stream/cell.hpp"
#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

// The messages of the output plugin pgoutput: "Logical Replication Message Formats" of PostgreSQL's documentation, versions 1 to 3. All texts and
// tuples are views into the bytes that were decoded.
//
// `xid` of what can come within a stream is the transaction or subtransaction that did it, and 0 elsewhere.
namespace respgres::change_stream::pgoutput {

struct begin {
    lsn commit_lsn;
    timestamp committed;
    std::uint32_t xid;
};

struct commit {
    lsn commit_lsn;
    lsn end_lsn;
    timestamp committed;
};

struct origin {
    lsn commit_lsn;  // on the server that it came from
    std::string_view name;
};

// REPLICA IDENTITY: which columns of the old row the stream tells.
enum class replica_identity : char { primary_key = 'd', nothing = 'n', full = 'f', index = 'i' };

struct column {
    bool in_identity;
    std::string_view name;
    std::uint32_t type;
    std::int32_t modifier;  // atttypmod
};

// The definition of a table, before its first change and after it was altered.
struct relation {
    std::uint32_t xid;
    std::uint32_t id;  // its OID
    std::string_view schema;
    std::string_view name;
    replica_identity identity;
    std::vector<column> columns;
};

// A type that is not built in.
struct type {
    std::uint32_t xid;
    std::uint32_t id;
    std::string_view schema;
    std::string_view name;
};

// The cells of a row; well-formed.
class tuple {
public:
    tuple() = default;
    tuple(std::uint16_t size, std::string_view cells) : size_(size), cells_(cells) {}

    std::size_t size() const { return size_; }
    std::size_t bytes() const { return cells_.size(); }

    // Calls take(cell) for each column.
    template <class Take>
    void for_each(Take take) const {
        byte_reader in(cells_);
        for (std::size_t i = 0; i < size_; ++i) take(read_cell(in));
    }

    static cell read_cell(byte_reader& in);

private:
    std::uint16_t size_ = 0;
    std::string_view cells_;
};

// The row before an UPDATE or DELETE.
struct old_tuple {
    bool only_identity;  // columns outside the replica identity are shown as null and mean nothing
    tuple cells;
};

struct insert {
    std::uint32_t xid;
    std::uint32_t relation;
    tuple after;
};

struct update {
    std::uint32_t xid;
    std::uint32_t relation;
    std::optional<old_tuple> before;  // absent when no column of the identity changed, unless the identity is full
    tuple after;
};

struct remove {
    std::uint32_t xid;
    std::uint32_t relation;
    old_tuple before;
};

struct truncate {
    std::uint32_t xid;
    bool cascade;
    bool restart_identity;
    std::vector<std::uint32_t> relations;
};

// Of pg_logical_emit_message().
struct logical_message {
    std::uint32_t xid;
    bool transactional;
    lsn position;
    std::string_view prefix;
    std::string_view content;
};

// A large transaction comes in pieces before it has ended; the pieces of several may alternate.
struct stream_start {
    std::uint32_t xid;
    bool first;
};
struct stream_stop {};
struct stream_commit {
    std::uint32_t xid;
    lsn commit_lsn;
    lsn end_lsn;
    timestamp committed;
};
struct stream_abort {
    std::uint32_t xid;
    std::uint32_t subxid;  // equal to xid: all of it
};

// Two-phase commit, of slots that were made with it. Without, a prepared transaction comes as any other when it is committed.
struct begin_prepare {
    lsn prepare_lsn;
    lsn end_lsn;
    timestamp prepared;
    std::uint32_t xid;
    std::string_view gid;
};
struct prepare {
    lsn prepare_lsn;
    lsn end_lsn;
    timestamp prepared;
    std::uint32_t xid;
    std::string_view gid;
};
struct stream_prepare : prepare {};
struct commit_prepared {
    lsn commit_lsn;
    lsn end_lsn;
    timestamp committed;
    std::uint32_t xid;
    std::string_view gid;
};
struct rollback_prepared {
    lsn prepare_end_lsn;
    lsn end_lsn;
    timestamp prepared;
    timestamp rolled_back;
    std::uint32_t xid;
    std::string_view gid;
};

using message =
    std::variant<begin, commit, origin, relation, type, insert, update, remove, truncate, logical_message, stream_start, stream_stop,
                 stream_commit, stream_abort, begin_prepare, prepare, stream_prepare, commit_prepared, rollback_prepared>;

}  // namespace respgres::change_stream::pgoutput
