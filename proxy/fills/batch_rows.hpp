#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/pool.hpp"
#include "proxy/values/value_builder.hpp"

#include <cstddef>
#include <deque>
#include <string>

namespace respgres::proxy {

// The value that a query's rows made, or why there is none. `ran`: how the query ended.
backends::outcome<value> value_of(const backends::outcome<void>& ran, value_builder& builder);

// Hands the rows of one query for many keys (batch_sql) to a builder for each key. The rows of different keys may come in any order.
//
// A key that passes its limits fails alone: its further rows are dropped. When that is more work than it is worth, the query is stopped.
class batch_rows final : public postgres::row_sink {
public:
    batch_rows(std::size_t keys, conf::shape shape, value_builder::limits allowed);

    void on_session(std::string_view answer) override { server_ = answer; }
    void on_columns(std::span<const postgres::column> columns) override;
    bool on_row(postgres::row_view row) override;

    // Of the keys, counted from 0; once the query has ended. `ran`: how.
    backends::outcome<value> finish(std::size_t key, const backends::outcome<void>& ran);
    // That the key has its answer, even if the query failed.
    bool is_settled(std::size_t key) const { return !builders_[key].problem().empty(); }

    const std::string& server() const { return server_; }

private:
    static constexpr std::size_t most_dropped = 10'000;

    std::deque<value_builder> builders_;  // a deque: they cannot be moved
    std::string server_;
    std::size_t dropped_ = 0;
};

}  // namespace respgres::proxy
