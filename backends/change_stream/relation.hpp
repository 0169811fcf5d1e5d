#pragma once

#include "backends/change_stream/pgoutput_messages.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace respgres::change_stream {

// A table as the change stream describes it: the columns that are published, in the order of the cells of its rows.
struct relation {
    struct column {
        std::string name;
        std::uint32_t type;      // OID
        std::int32_t modifier;   // atttypmod
        bool in_identity;        // whether rows as they were have it

        bool operator==(const column&) const = default;
    };

    std::uint32_t id;   // OID; stays when the table is renamed
    std::string schema;
    std::string name;
    pgoutput::replica_identity identity;
    std::vector<column> columns;

    bool operator==(const relation&) const = default;
};

// Immutable: whoever holds one keeps the definition that was true for its changes.
using relation_ptr = std::shared_ptr<const relation>;

relation_ptr own(const pgoutput::relation& described);

// The definitions that hold now. Outlives connections, so that what changed in between is noticed.
class relation_cache {
public:
    enum class news : std::uint8_t { first_seen, unchanged, redefined };

    // `redefined`: its name, its columns or its replica identity differ from what was known.
    news learn(relation_ptr described);
    relation_ptr find(std::uint32_t id) const;   // null: never described

private:
    std::unordered_map<std::uint32_t, relation_ptr> known_;
};

}  // namespace respgres::change_stream
