#pragma once

#include "backends/change_stream/open_transaction.hpp"
#include "backends/change_stream/pgoutput_messages.hpp"
#include "backends/change_stream/transaction.hpp"
#include "backends/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace respgres::change_stream {

// Messages of the change stream -> whole transactions, in the order of their commits. Pure; not thread-safe.
//
// Large transactions that come in pieces while they run, several at once, are put together; what was rolled back is left out. Memory is bounded: see
// transaction::rows_known. Of logical messages only those of DDL count (ddl_message.hpp). One assembler for one slot.
class transaction_assembler {
public:
    struct limits {
        std::size_t max_changes = 200'000;  // of one transaction
        std::size_t max_bytes = 64 << 20;  // of one transaction
        std::size_t max_open_bytes = 128 << 20;  // of all that have not ended: the largest loses its rows first
    };

    transaction_assembler() : transaction_assembler(limits{}) {}
    explicit transaction_assembler(const limits& most) : limits_(most) {}

    // The transaction that `next` ends with a commit, if it does. Errors: protocol_error, for messages in an order that no server sends; the stream is then of no more
    // use.
    backends::outcome<std::optional<transaction>> take(const pgoutput::message& next);

    // The stream begins anew, on a new connection: the server sends again what was open. Definitions of tables stay, so that what was altered
    // in between is told; so do prepared transactions, which the server may not send again.
    void restart();

    std::size_t open_bytes() const { return open_bytes_; }  // held for transactions that have not ended, about

private:
    using taken = backends::outcome<std::optional<transaction>>;
    enum class phase : std::uint8_t { between, in_transaction, in_prepare, in_stream };

    struct prepared_transaction {
        std::string gid;
        open_transaction content;
    };

    taken on(const pgoutput::begin& m);
    taken on(const pgoutput::commit& m);
    taken on(const pgoutput::origin& m);
    taken on(const pgoutput::relation& m);
    taken on(const pgoutput::type& m);
    taken on(const pgoutput::insert& m);
    taken on(const pgoutput::update& m);
    taken on(const pgoutput::remove& m);
    taken on(const pgoutput::truncate& m);
    taken on(const pgoutput::logical_message& m);
    taken on(const pgoutput::stream_start& m);
    taken on(const pgoutput::stream_stop& m);
    taken on(const pgoutput::stream_commit& m);
    taken on(const pgoutput::stream_abort& m);
    taken on(const pgoutput::begin_prepare& m);
    taken on(const pgoutput::prepare& m);
    taken on(const pgoutput::stream_prepare& m);
    taken on(const pgoutput::commit_prepared& m);
    taken on(const pgoutput::rollback_prepared& m);

    taken enter(std::uint32_t xid, phase next);
    taken add_row(std::uint32_t xid, std::uint32_t table_id, change::kind what, const pgoutput::old_tuple* before,
                  const pgoutput::tuple* after);
    taken keep_prepared(const pgoutput::prepare& m);
    backends::outcome<relation_ptr> table(std::uint32_t id) const;
    std::uint32_t subxid(std::uint32_t sent) const { return sent == 0 ? current_->first : sent; }

    // Takes the transaction out of those that are open.
    open_transaction close(std::uint32_t xid);
    // Runs `change_it` on an open transaction and counts what that costs.
    template <class ChangeIt>
    void account(open_transaction& one, ChangeIt change_it);
    bool shed_largest();  // false: none has rows

    using open_map = std::map<std::uint32_t, open_transaction>;

    limits limits_;
    relation_cache definitions_;
    open_map open_;  // by xid
    open_map::iterator current_;  // of which messages come, unless `between`
    phase phase_ = phase::between;
    std::map<std::uint32_t, prepared_transaction> prepared_;  // by xid
    std::size_t open_bytes_ = 0;
};

}  // namespace respgres::change_stream
