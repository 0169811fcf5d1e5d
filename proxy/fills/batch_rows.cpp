#include "proxy/fills/batch_rows.hpp"

#include <charconv>

namespace respgres::proxy {

using backends::errc;
using backends::failure;
using backends::outcome;

outcome<value> value_of(const outcome<void>& ran, value_builder& builder) {
    if (!builder.problem().empty()) return failure{make_error_code(errc::result_too_large), builder.problem(), {}};
    if (ran.has_error()) return ran.error();
    return builder.finish();
}

batch_rows::batch_rows(std::size_t keys, conf::shape shape, value_builder::limits allowed) {
    for (std::size_t i = 0; i < keys; ++i) builders_.emplace_back(shape, allowed);
}

void batch_rows::on_columns(std::span<const postgres::column> columns) {
    for (value_builder& each : builders_) each.on_columns(columns.subspan(1));
}

bool batch_rows::on_row(postgres::row_view row) {
    std::size_t number = 0;
    const std::string_view text = row.front().value_or("");
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (number == 0 || number > builders_.size()) return false;
    value_builder& of_key = builders_[number - 1];
    if (of_key.problem().empty() && of_key.on_row(row.subspan(1))) return true;
    return ++dropped_ < most_dropped;
}

outcome<value> batch_rows::finish(std::size_t key, const outcome<void>& ran) {
    return value_of(ran, builders_[key]);
}

}  // namespace respgres::proxy
