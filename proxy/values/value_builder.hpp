#pragma once

#include "backends/postgres/column.hpp"
#include "backends/postgres/pool.hpp"
#include "proxy/values/value.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace respgres::proxy {

// Why these columns cannot become this shape ("shape 'counter' needs one integer column, the query returns 2"), or empty.
// `respgres check` and the fill both ask.
std::string columns_problem(conf::shape shape, std::span<const postgres::column> columns);

// Turns the rows of one query into a value of the mapping's shape.
//
// Pure but for being a row_sink. JSON is written as PostgreSQL's own to_json writes it (numeric digit for digit; timestamptz ISO 8601
// with offset; bytea as "\\x..." ; arrays as JSON arrays; NaN and Infinity as strings). Other shapes hold: booleans as true/false,
// bytea as its raw bytes, timestamps in the same ISO 8601 form, arrays as JSON, everything else as PostgreSQL prints it;
// a NULL column is left out of a hash, a NULL element out of a list, set or zset; a NULL string or counter is absent.
// json of no rows is `[]`; every other shape of no rows is absent. json_row, hash, string and counter take the first row.
class value_builder final : public postgres::row_sink {
public:
    struct limits {
        std::size_t max_rows;
        std::size_t max_bytes;
    };

    value_builder(conf::shape shape, limits allowed);
    ~value_builder() override;

    void on_columns(std::span<const postgres::column> columns) override;
    bool on_row(postgres::row_view row) override;   // false when a limit is passed

    // Valid once all rows are in; leaves the builder empty.
    value finish();

    // Set after on_row returned false, or when the result cannot be this shape (a counter that is no integer, a score that is no number):
    // "more than max_rows = 100 rows", for the error reply and the log. Never holds values.
    const std::string& problem() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace respgres::proxy
