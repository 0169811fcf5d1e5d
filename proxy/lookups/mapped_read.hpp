#pragma once

#include "proxy/audit/auditor.hpp"
#include "proxy/fills/fill_engine.hpp"
#include "proxy/lookups/command_route.hpp"
#include "proxy/lookups/lookup_fsm.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/metrics/mapping_stats.hpp"
#include "proxy/near/near_copy.hpp"
#include "proxy/sessions/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

class mapped_reads;

// One read command on one mapped key, from the client's command to its reply. Lives in the free list of mapped_reads.
class mapped_read final : public redis::receiver, public fill_waiter {
public:
    explicit mapped_read(mapped_reads& home) : home_(home) {}

    void start(session& client, const protocol::command_info& command, std::span<const std::string_view> arguments, std::string_view frame,
               const mapping& source, const command_route& route);

    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t token, const backends::failure& why) override;
    void on_filled(const fill_outcome& outcome) noexcept override;

private:
    enum request : std::uint64_t { command_reply, ttl_reply, checked_reply, looked_reply, near_reply };

    void copy_command(std::span<const std::string_view> arguments, std::string_view frame);
    std::string_view key() const { return arguments_[1]; }
    mapping_stats& stats() const;
    void count_hit() const;

    bool may_ask();
    void carry_out(lookup_fsm::action next);
    void look();
    void ask_near();
    void take_near_reply(std::string_view bytes, bool complete);
    void keep(std::int64_t left);
    void pass_reply();
    void send(std::string_view commands, std::uint64_t token, std::uint32_t replies);
    void take_command_reply(std::string_view bytes, bool complete);
    void take_ttl(std::string_view bytes, bool complete);
    void take_checked();
    void begin_fill(fill_engine::need what);
    void answer_from(const fill_outcome& outcome);
    void answer_bulk(std::string_view bytes);
    void on_redis_away();
    void refuse(std::string_view error);
    void done();

    mapped_reads& home_;
    session* client_ = nullptr;
    session::sequence slot_ = 0;
    const protocol::command_info* command_ = nullptr;
    const mapping* source_ = nullptr;
    command_route route_{};
    lookup_fsm fsm_;
    protocol::resp_version version_ = protocol::resp_version::resp2;
    std::string frame_;                          // the command in canonical form
    std::vector<std::string_view> arguments_;    // into frame_
    std::string reply_;                          // of the command, until it is known whether it is the answer
    std::string ttl_reply_;
    std::uint32_t open_requests_ = 0;            // that the link still has to answer or to fail
    std::uint32_t checked_parts_ = 0;
    bool counted_stale_ = false;                 // it was served although its freshness is not proved
    bool streaming_ = false;                     // the reply is the answer: its parts pass through
    bool answered_ = false;                      // the client has its reply
    // While the read goes over the near cache's connection:
    near_copy copy_;
    fill_outcome last_fill_;
};

// Starts mapped reads, and keeps the objects of finished ones for the next.
class mapped_reads {
public:
    // References must outlive it.
    mapped_reads(fill_engine& fills, auditor& audits, near_cache& near, std::vector<mapping_stats>& stats);
    ~mapped_reads();

    // Answers `arguments`, a read-only command on the one key arguments[1], which belongs to `source` and converts. What `route` refers to must
    // outlive the read.
    void start(session& client, const protocol::command_info& command, std::span<const std::string_view> arguments, std::string_view frame,
               const mapping& source, const command_route& route);

private:
    friend class mapped_read;

    bool can_evaluate(const protocol::command_info& command);

    fill_engine& fills_;
    auditor& audits_;
    near_cache& near_;
    std::vector<mapping_stats>& stats_;
    std::vector<std::unique_ptr<mapped_read>> all_;
    std::vector<mapped_read*> free_;
    captures scratch_;
    // Most reads are by the command of the read before.
    const protocol::command_info* last_command_ = nullptr;
    bool can_evaluate_last_ = false;
};

}  // namespace respgres::proxy
