#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace respgres::tests::consistency {

// What writers and readers saw, as the checker takes it. All times are of one steady clock of one process.
//
// A *cell* is what one key says of one row: a key of one row has one cell, a wide key one for each row that can be in it. Each committed
// change of the row gives all its cells the row's new version; in some of them the row is then absent.
using moment = std::chrono::steady_clock::time_point;
using cell = std::size_t;          // 0, 1, 2 ...: the workload numbers them
using version = std::uint64_t;     // grows with each attempt to change the row; a version that was rolled back is never used again

// An attempt to give a cell a version, told once its end is known. Writers of one row take turns: a row's versions begin, and are acknowledged, in
// their order.
struct write {
    cell where = 0;
    version number = 0;
    moment begin;  // before its transaction began
    moment acknowledged;  // when the writer knew that it was committed
    bool committed = true;
    bool absent = false;  // in this version the row is not there (deleted, or in another group)
};

// From this time on nobody may be given anything older: the acknowledgement of a key's invalidation.
struct invalidation {
    cell where = 0;
    version number = 0;
    moment acknowledged;
};

struct read {
    cell where = 0;
    std::optional<version> seen;  // nothing: the row was not there
    moment start;  // before the command was sent
    moment end;  // after the reply
    std::uint8_t proxy = 0;
    version at_least = 0;  // what PROXY AFTER promised to this connection before
};

}  // namespace respgres::tests::consistency
