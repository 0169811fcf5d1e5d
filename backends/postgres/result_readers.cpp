#include "backends/postgres/result_readers.hpp"

#include "backends/postgres/column_types.hpp"

namespace respgres::postgres {

bool row_collector::read(const PGresult& result) {
    const int width = PQnfields(&result);
    for (int i = 0; i < PQntuples(&result); ++i) {
        auto& row = rows.emplace_back();
        for (int j = 0; j < width; ++j) row.emplace_back(PQgetvalue(&result, i, j));
    }
    return true;
}

bool description_reader::read(const PGresult& result) {
    for (int i = 0; i < PQnparams(&result); ++i) about.parameter_types.push_back(PQparamtype(&result, i));
    for (int i = 0; i < PQnfields(&result); ++i) {
        auto& added = about.columns.emplace_back();
        added.name = PQfname(&result, i);
        added.type_oid = PQftype(&result, i);
        if (const auto form = builtin_type(added.type_oid)) {
            added.kind = form->kind;
            added.is_array = form->is_array;
            added.delimiter = form->delimiter;
        }
    }
    return true;
}

row_streamer::row_streamer(std::span<const column> columns, row_sink& rows, bool& touched)
    : columns_(columns), rows_(rows), touched_(touched), row_(columns.size()) {}

bool row_streamer::read(const PGresult& result) {
    if (!announced_ && !announce(result)) return false;
    for (int i = 0; i < PQntuples(&result); ++i) {
        for (int j = 0; j < static_cast<int>(row_.size()); ++j) {
            auto& value = row_[static_cast<std::size_t>(j)];
            value.reset();
            if (PQgetisnull(&result, i, j) == 0)
                value.emplace(PQgetvalue(&result, i, j), static_cast<std::size_t>(PQgetlength(&result, i, j)));
        }
        if (!rows_.on_row(row_)) return false;
    }
    return true;
}

bool row_streamer::announce(const PGresult& result) {
    const int width = PQnfields(&result);
    bool same = width == static_cast<int>(columns_.size());
    for (int i = 0; same && i < width; ++i) same = PQftype(&result, i) == columns_[static_cast<std::size_t>(i)].type_oid;
    mismatched_ = !same;
    if (mismatched_) return false;
    announced_ = true;
    touched_ = true;
    rows_.on_columns(columns_);
    return true;
}

}  // namespace respgres::postgres
