#include "backends/change_stream/open_transaction.hpp"

#include <algorithm>

namespace respgres::change_stream {
namespace {

constexpr std::size_t table_bytes = 128;   // of one in `tables_`, about

}  // namespace

relation_ptr open_transaction::find(std::uint32_t relation_id) const {
    const auto found = definitions_.find(relation_id);
    return found == definitions_.end() ? nullptr : found->second.described;
}

void open_transaction::define(std::uint32_t subxid, relation_ptr described) {
    definition& kept = definitions_[described->id];   // before `described` is moved: an assignment's right side comes first
    kept = {subxid, std::move(described)};
}

void open_transaction::hold(std::uint32_t subxid, event what) {
    if (!rows_known_) return keep_table_of(std::move(what));
    const auto* row = std::get_if<change>(&what);
    memory_ += sizeof(held) + (row ? row->memory() : 0);
    events_.push_back({subxid, std::move(what)});
    ++events_of_[subxid];
    if (events_.size() > limits_.max_changes || memory_ > limits_.max_bytes) shed();
}

// From the back: what a subtransaction did lies behind what was done before it, so the cost is that of what it did and of what its
// children did.
void open_transaction::roll_back(std::uint32_t subxid) {
    std::erase_if(definitions_, [&](const auto& each) { return each.second.subxid == subxid; });
    const auto count = events_of_.find(subxid);
    if (count == events_of_.end()) return;
    auto first = events_.end();
    for (std::size_t left = count->second; left != 0;) left -= (--first)->subxid == subxid;
    for (auto each = first; each != events_.end(); ++each) {
        const auto* row = std::get_if<change>(&each->what);
        if (each->subxid == subxid) memory_ -= sizeof(held) + (row ? row->memory() : 0);
    }
    events_.erase(std::remove_if(first, events_.end(), [&](const held& each) { return each.subxid == subxid; }), events_.end());
    events_of_.erase(count);
}

void open_transaction::shed() {
    rows_known_ = false;
    memory_ = 0;
    events_of_.clear();
    for (auto& each : std::exchange(events_, {})) keep_table_of(std::move(each.what));
}

void open_transaction::keep_table_of(event what) {
    if (everything_) return;
    if (const auto* row = std::get_if<change>(&what)) what = wide_change{row->table->id, row->table, wide_change::cause::too_large};
    auto& wide = std::get<wide_change>(what);
    const bool added = tables_.try_emplace({wide.relation_id, wide.why}, wide).second;
    if (added) memory_ += table_bytes;
    if (tables_.size() <= max_tables) return;
    everything_ = true;
    tables_.clear();
    memory_ = 0;
}

transaction open_transaction::finish(relation_cache& definitions) {
    transaction made;
    made.rows_known = rows_known_;
    for (auto& each : events_) {
        if (auto* row = std::get_if<change>(&each.what))
            made.changes.push_back(std::move(*row));
        else
            keep_table_of(std::move(each.what));
    }
    for (auto& [id, each] : definitions_)
        if (definitions.learn(each.described) == relation_cache::news::redefined)
            keep_table_of(wide_change{id, each.described, wide_change::cause::redefined});
    for (auto& [key, wide] : tables_) made.wide.push_back(std::move(wide));
    made.everything_changed = everything_;
    return made;
}

}  // namespace respgres::change_stream
