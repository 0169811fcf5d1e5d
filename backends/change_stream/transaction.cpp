#include "backends/change_stream/transaction.hpp"

namespace respgres::change_stream {

row::row(const pgoutput::tuple& cells, const relation& table, bool only_identity) {
    bytes_.reserve(cells.bytes());
    cells_.reserve(cells.size());
    cells.for_each([&](cell each) {
        const bool told = !only_identity || table.columns[cells_.size()].in_identity;
        if (!told) each = {};
        bytes_ += each.bytes;
        cells_.push_back({static_cast<std::uint32_t>(bytes_.size()), each.how});
    });
}

cell row::operator[](std::size_t column) const {
    const std::size_t begin = column == 0 ? 0 : cells_[column - 1].end;
    return {cells_[column].how, std::string_view(bytes_).substr(begin, cells_[column].end - begin)};
}

cell change::old_value(std::size_t column) const {
    if (before) return (*before)[column];
    const bool kept = what == kind::update && table->columns[column].in_identity;
    return kept ? (*after)[column] : cell{};
}

cell change::new_value(std::size_t column) const {
    if (!after) return {};
    const cell sent = (*after)[column];
    const bool is_old = sent.how == cell::form::unchanged && before && (*before)[column].is_known();
    return is_old ? (*before)[column] : sent;
}

std::size_t change::memory() const {
    return sizeof(change) + (before ? before->memory() : 0) + (after ? after->memory() : 0);
}

}  // namespace respgres::change_stream
