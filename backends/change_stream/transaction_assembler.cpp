#include "backends/change_stream/transaction_assembler.hpp"

#include "backends/change_stream/ddl_message.hpp"

#include <utility>

namespace respgres::change_stream {
namespace {

backends::failure disorder(std::string what) {
    return {backends::errc::protocol_error, "the change stream is out of order: " + std::move(what), {}};
}

std::string of_transaction(std::uint32_t xid) {
    return " of transaction " + std::to_string(xid);
}

// The server's commit of a transaction, in whichever of the messages it came.
template <class Commit>
transaction with_commit(transaction made, std::uint32_t xid, const Commit& m) {
    made.xid = xid;
    made.commit_lsn = m.commit_lsn;
    made.end_lsn = m.end_lsn;
    made.committed = m.committed;
    return made;
}

}  // namespace

backends::outcome<std::optional<transaction>> transaction_assembler::take(const pgoutput::message& next) {
    auto ended = std::visit([this](const auto& m) { return on(m); }, next);
    while (open_bytes_ > limits_.max_open_bytes && shed_largest()) {
    }
    return ended;
}

void transaction_assembler::restart() {
    while (!open_.empty()) close(open_.begin()->first);
    phase_ = phase::between;
}

// ---- where transactions begin and end

transaction_assembler::taken transaction_assembler::enter(std::uint32_t xid, phase next) {
    if (phase_ != phase::between) return disorder("a beginning" + of_transaction(xid) + " within another");
    const auto [place, is_new] = open_.try_emplace(xid, open_transaction::limits{limits_.max_changes, limits_.max_bytes});
    if (!is_new && next != phase::in_stream) return disorder("a second beginning" + of_transaction(xid));
    current_ = place;
    phase_ = next;
    return std::nullopt;
}

open_transaction transaction_assembler::close(std::uint32_t xid) {
    auto node = open_.extract(xid);
    open_bytes_ -= node.mapped().memory();
    return std::move(node.mapped());
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::begin& m) {
    return enter(m.xid, phase::in_transaction);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::commit& m) {
    if (phase_ != phase::in_transaction) return disorder("a Commit without Begin");
    phase_ = phase::between;
    const std::uint32_t xid = current_->first;
    return with_commit(close(xid).finish(definitions_), xid, m);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::stream_start& m) {
    if (m.first == open_.contains(m.xid))
        return disorder(std::string(m.first ? "a second first" : "a further") + " piece" + of_transaction(m.xid));
    return enter(m.xid, phase::in_stream);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::stream_stop&) {
    if (phase_ != phase::in_stream) return disorder("a Stream Stop without Stream Start");
    phase_ = phase::between;
    return std::nullopt;
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::stream_commit& m) {
    if (phase_ != phase::between || !open_.contains(m.xid)) return disorder("a Stream Commit" + of_transaction(m.xid));
    return with_commit(close(m.xid).finish(definitions_), m.xid, m);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::stream_abort& m) {
    if (phase_ != phase::between) return disorder("a Stream Abort" + of_transaction(m.xid));
    const auto found = open_.find(m.xid);
    if (found == open_.end()) return std::nullopt;   // nothing of it came
    if (m.xid == m.subxid)
        close(m.xid);
    else
        account(found->second, [&](open_transaction& one) { one.roll_back(m.subxid); });
    return std::nullopt;
}

// ---- two-phase commit

transaction_assembler::taken transaction_assembler::on(const pgoutput::begin_prepare& m) {
    return enter(m.xid, phase::in_prepare);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::prepare& m) {
    if (phase_ != phase::in_prepare || current_->first != m.xid) return disorder("a Prepare" + of_transaction(m.xid));
    phase_ = phase::between;
    return keep_prepared(m);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::stream_prepare& m) {
    if (phase_ != phase::between || !open_.contains(m.xid)) return disorder("a Stream Prepare" + of_transaction(m.xid));
    return keep_prepared(m);
}

// After a reconnection the server may send one again that is kept already.
transaction_assembler::taken transaction_assembler::keep_prepared(const pgoutput::prepare& m) {
    prepared_transaction kept{std::string(m.gid), close(m.xid)};
    open_bytes_ += kept.content.memory();
    if (const auto old = prepared_.find(m.xid); old != prepared_.end()) open_bytes_ -= old->second.content.memory();
    prepared_.insert_or_assign(m.xid, std::move(kept));
    return std::nullopt;
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::commit_prepared& m) {
    if (phase_ != phase::between) return disorder("a Commit Prepared" + of_transaction(m.xid));
    auto node = prepared_.extract(m.xid);
    transaction made;
    if (!node.empty()) open_bytes_ -= node.mapped().content.memory();
    if (!node.empty() && node.mapped().gid == m.gid) {
        made = node.mapped().content.finish(definitions_);
    } else {   // its content was sent to whoever held the slot before
        made.rows_known = false;
        made.everything_changed = true;
    }
    return with_commit(std::move(made), m.xid, m);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::rollback_prepared& m) {
    if (phase_ != phase::between) return disorder("a Rollback Prepared" + of_transaction(m.xid));
    if (const auto node = prepared_.extract(m.xid); !node.empty()) open_bytes_ -= node.mapped().content.memory();
    return std::nullopt;
}

// ---- what transactions hold

backends::outcome<relation_ptr> transaction_assembler::table(std::uint32_t id) const {
    if (phase_ == phase::between) return disorder("a change outside of a transaction");
    relation_ptr found = current_->second.find(id);
    if (!found) found = definitions_.find(id);
    if (!found) return disorder("a change of table " + std::to_string(id) + ", which was not described");
    return found;
}

template <class ChangeIt>
void transaction_assembler::account(open_transaction& one, ChangeIt change_it) {
    open_bytes_ -= one.memory();
    change_it(one);
    open_bytes_ += one.memory();
}

bool transaction_assembler::shed_largest() {
    open_transaction* largest = nullptr;
    const auto look_at = [&](open_transaction& one) {
        if (one.has_rows() && (!largest || one.memory() > largest->memory())) largest = &one;
    };
    for (auto& [xid, one] : open_) look_at(one);
    for (auto& [xid, one] : prepared_) look_at(one.content);
    if (largest) account(*largest, [](open_transaction& one) { one.shed(); });
    return largest != nullptr;
}

transaction_assembler::taken transaction_assembler::add_row(std::uint32_t xid, std::uint32_t table_id, change::kind what,
                                                            const pgoutput::old_tuple* before, const pgoutput::tuple* after) {
    const auto found = table(table_id);
    if (found.has_error()) return found.error();
    change made{what, *found, {}, {}};
    for (const auto* cells : {before ? &before->cells : nullptr, after})
        if (cells && cells->size() != made.table->columns.size())
            return disorder("a row of " + std::to_string(cells->size()) + " columns for table " + made.table->schema + "." +
                            made.table->name + ", which has " + std::to_string(made.table->columns.size()));
    if (before) made.before.emplace(before->cells, *made.table, before->only_identity);
    if (after) made.after.emplace(*after, *made.table, false);
    account(current_->second, [&](open_transaction& one) { one.add(subxid(xid), std::move(made)); });
    return std::nullopt;
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::insert& m) {
    return add_row(m.xid, m.relation, change::kind::insert, nullptr, &m.after);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::update& m) {
    return add_row(m.xid, m.relation, change::kind::update, m.before ? &*m.before : nullptr, &m.after);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::remove& m) {
    return add_row(m.xid, m.relation, change::kind::remove, &m.before, nullptr);
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::truncate& m) {
    for (const std::uint32_t id : m.relations) {
        const auto found = table(id);
        if (found.has_error()) return found.error();
        account(current_->second, [&](open_transaction& one) {
            one.add(subxid(m.xid), change{change::kind::truncate, *found, {}, {}});
            one.add(subxid(m.xid), wide_change{id, *found, wide_change::cause::truncated});
        });
    }
    return std::nullopt;
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::logical_message& m) {
    if (!m.transactional || m.prefix != ddl_prefix) return std::nullopt;
    if (phase_ == phase::between) return disorder("a message outside of its transaction");
    const auto tables = tables_of_ddl(m.content);
    account(current_->second, [&](open_transaction& one) {
        if (tables.empty()) one.add_everything();
        for (const std::uint32_t id : tables) {
            const relation_ptr inner = one.find(id);
            one.add(subxid(m.xid), wide_change{id, inner ? inner : definitions_.find(id), wide_change::cause::ddl});
        }
    });
    return std::nullopt;
}

// Within a stream a definition is the transaction's own until it is committed, as the server sees it, too: it describes the table again to
// others.
transaction_assembler::taken transaction_assembler::on(const pgoutput::relation& m) {
    if (phase_ == phase::between) return disorder("a definition outside of a transaction");
    relation_ptr described = own(m);
    open_transaction& one = current_->second;
    if (phase_ == phase::in_stream)
        one.define(subxid(m.xid), std::move(described));
    else if (definitions_.learn(described) == relation_cache::news::redefined)
        account(one, [&](open_transaction& of) { of.add(current_->first, wide_change{m.id, described, wide_change::cause::redefined}); });
    return std::nullopt;
}

// Which type a column has, its definition tells by OID.
transaction_assembler::taken transaction_assembler::on(const pgoutput::type&) {
    return std::nullopt;
}

transaction_assembler::taken transaction_assembler::on(const pgoutput::origin&) {
    return std::nullopt;
}

}  // namespace respgres::change_stream
