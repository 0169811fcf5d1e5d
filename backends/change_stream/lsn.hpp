#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::change_stream {

// A position in PostgreSQL's write-ahead log, in bytes. 0 is no position. Positions of two timelines must not be compared.
struct lsn {
    std::uint64_t value = 0;

    auto operator<=>(const lsn&) const = default;
};

// As PostgreSQL writes it, "16/B374D848": two hexadecimal numbers of 1 to 8 digits each.
std::optional<lsn> parse_lsn(std::string_view text);
std::string to_string(lsn position);

// 16 upper-case hexadecimal digits, "00000016B374D848": texts of one width compare as the numbers do, also in Lua, whose numbers would
// lose bits above 2^53.
std::optional<lsn> parse_fixed_width(std::string_view text);
std::string fixed_width(lsn position);

// The position that a stream reaches for certain once everything before `insert_position` was sent.
//
// Behind a page's header nothing may be written yet: pg_current_wal_insert_lsn() then says "behind the header" (24 bytes, 40 in a segment's
// first page), while a walsender that has sent all never says more than "the page's first byte", and who waits for it would wait for ever. Rounding is
// safe when a record does end there: it began on the page before, so the walsender says its start or its end, and nothing between.
lsn without_page_header(lsn insert_position);

}  // namespace respgres::change_stream
