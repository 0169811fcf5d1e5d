#pragma once

#include "backends/postgres/column.hpp"
#include "conf/settings.hpp"
#include "proxy/values/value.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace respgres::proxy {

// Gathers the rows of one result into a value of one shape; value_builder keeps the limits.
class collector {
public:
    virtual ~collector() = default;

    // Empty, or why this row cannot be part of the shape; a constant text without values.
    virtual std::string_view add(postgres::row_view row) = 0;
    // Payload so far, as size_of() will tell it.
    virtual std::size_t bytes() const = 0;
    virtual value finish() = 0;
};

// `columns` must be without columns_problem().
std::unique_ptr<collector> make_collector(conf::shape shape, std::span<const postgres::column> columns);

// For a zset's two columns: where the member and where the score stands.
struct zset_columns {
    std::size_t member;
    std::size_t score;
};
zset_columns find_zset_columns(std::span<const postgres::column> columns);

}  // namespace respgres::proxy
