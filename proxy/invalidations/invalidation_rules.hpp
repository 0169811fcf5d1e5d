#pragma once

#include "backends/change_stream/transaction.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/invalidations/row_match.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace respgres::proxy {

// Which mapped keys a row change touches. Immutable once built, so shared by all threads; does not refer to what it was built from.
//
// Errs on the side of too many: where the change stream does not tell a value that is needed, or names a table that was not in the publication when the
// facts were read, all keys are dropped. It reads values as text, which is what the stream must send, with client_encoding UTF8 and DateStyle ISO.
class invalidation_rules {
public:
    // More keys of one mapping in one transaction are a wide invalidation.
    static constexpr std::size_t max_keys = 150'000;

    invalidation_rules() = default;
    static invalidation_rules build(const mapping_table& mappings, const table_facts& facts);

    // Appends what `of` makes untrue: keys of the rows as they were and as they are. Costs a look-up for each row of a table without mappings.
    void affected(const change_stream::transaction& of, invalidation& out) const;

    // Null: the mapping does not follow changes. For explaining.
    const row_match* match_of(std::size_t mapping) const;

private:
    class collector;

    struct rule {
        std::size_t mapping;
        std::vector<key_pattern::segment> segments;
        row_match rows;
    };

    std::vector<rule> rules_;
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> by_relation_;  // OID of table, part or view -> positions in rules_
    std::unordered_set<std::uint32_t> published_;
    std::vector<std::size_t> blind_;  // mappings of which nobody knows what they read: any change may touch them
};

}  // namespace respgres::proxy
