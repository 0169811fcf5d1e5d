#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/net/channel.hpp"
#include "backends/net/poller.hpp"
#include "backends/redis/link.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "proxy/clients/client_record.hpp"
#include "proxy/near/write_fence.hpp"
#include "proxy/sessions/session_environment.hpp"
#include "proxy/sessions/session_state.hpp"
#include "proxy/sessions/traffic.hpp"
#include "proxy/users/redis_identities.hpp"
#include "proxy/users/user.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace respgres::proxy {

// One client: its socket, the commands that it sends, and the replies in their order.
//
// Not thread-safe: its worker's. A session whose client has gone lives on until every command under way has its reply (open_slots), because those who
// answer hold a reference to it; then its owner is told.
//
// Limits (server_settings): it stops reading while the client does not take its replies (output_soft_limit) or while too many commands are under
// way, and closes the client above output_hard_limit, or when a command's bytes take longer than request_timeout.
//
// There is one for each connection, however idle: what is needed only while something is under way, or by few clients, is elsewhere (traffic, particulars),
// and its members are in an order that leaves no gaps.
class session final : public net::poller::handler, public redis::receiver, public net::flushable {
public:
    using sequence = reply_queue::sequence;

    // Takes a connection whose handshake, if it has TLS, is done.
    session(net::channel socket, client_record_ptr record, session_environment& environment);
    ~session();

    // For whoever answers commands. Each command has one slot, be it muted by CLIENT REPLY.
    sequence open_slot();
    // CLIENT REPLY: which commands are answered from now on. skip_next leaves `off` as it is.
    enum class replies : std::uint8_t { on, skip_next, off };
    void set_replies(replies wanted);
    bool has_open_slots() const { return !traffic_->replies.empty(); }
    void append(sequence slot, std::string_view bytes);
    void finish(sequence slot);
    void answer(sequence slot, std::string_view bytes);  // append and finish
    void answer_parts(sequence slot, std::span<const iovec> parts);  // the same of a reply that lies in several places
    // Answers the client's next commands without slots, from within take_front(), when it waits for no reply: all that it has sent,
    void answer_at_once(std::string_view reply);
    // the same with several replies of so many bytes,
    void answer_at_once(std::span<const iovec> replies, std::size_t bytes);
    // or perhaps not all, so that others may follow which leave together with these.
    void answer_some(std::span<const iovec> replies, std::size_t bytes);
    // The reply cannot be had. If a part of it has left already, only closing tells the client.
    void fail(sequence slot, std::string_view error);

    // As receiver of a link, token = slot * 2 + (1 if the command writes): replies pass through as they are.
    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t token, const backends::failure& why) override;
    static std::uint64_t token_of(sequence slot, bool writes) { return slot * 2 + (writes ? 1 : 0); }

    // A message that answers no command: it leaves between two replies.
    void push(std::string_view message);
    // The same for one that makes replies obsolete which are here already: it leaves once more behind those that wait for their turn.
    void push_invalidation(std::string_view message);

    session_state* state() const { return particulars_ ? particulars_->state.get() : nullptr; }
    void set_state(std::unique_ptr<session_state> state);

    // Commands that follow wait until resume(): the one under way changes what they mean, or must take effect before them.
    void pause() { ++paused_; }
    bool is_paused() const { return paused_ > 0; }
    void resume();

    // Nothing more is read; the connection closes when all replies have left.
    void close_after_replies();
    // At once, without waiting for anything.
    void close_now();
    bool is_closed() const { return !socket_.is_open(); }

    // Called by the worker's clock.
    void check_time_limits(std::chrono::steady_clock::time_point now);

    protocol::resp_version version() const { return version_; }
    void set_version(protocol::resp_version version);
    std::uint32_t database() const { return database_; }
    void set_database(std::uint32_t database);
    // What the client has seen committed: its later reads contain it (PROXY AFTER). 0: nothing is asked for.
    change_stream::lsn after() const { return particulars_ ? particulars_->after : change_stream::lsn{}; }
    void set_after(change_stream::lsn position);
    // Who the client is; null: nobody asks, it may do everything. Lives as long as the session. Until it has authenticated it may send less.
    const user* who() const { return particulars_ ? particulars_->who : nullptr; }
    void set_user(const user* who);
    bool may_do_everything() const { return who() == nullptr || who()->may_do_everything(); }
    // The same for a user of Redis' own, whose connections its commands take then; null: those of the proxy.
    void set_user(std::shared_ptr<redis_identity> who);
    redis_identity* at_redis() const { return particulars_ ? particulars_->at_redis.get() : nullptr; }
    // What keeps the client's reads from the near cache behind its own writes.
    write_fence& fence() { return fence_; }
    // Reads of it that have gone to Redis over the near cache's connection: what the client changes must not overtake them.
    bool has_near_reads() const { return near_reads_ > 0; }
    void begin_near_read() { ++near_reads_; }
    void end_near_read() { --near_reads_; }
    client_record& record() { return *record_; }
    std::size_t memory() const;  // bytes of its buffers

    void on_ready(net::readiness told) override;
    void flush() override;

private:
    using time_point = std::chrono::steady_clock::time_point;
    enum class phase : std::uint8_t { open, closing, draining, closed };

    // What most clients never have.
    struct particulars {
        std::unique_ptr<session_state> state;
        const user* who = nullptr;
        std::shared_ptr<redis_identity> at_redis;
        time_point user_since{};
        time_point closing_since{};
        change_stream::lsn after{};
    };

    static constexpr std::size_t little_output = 4 * 1024;
    static constexpr std::size_t few_slots = 1024;

    const conf::server_settings& limits() const { return environment_.limits; }
    net::poller& poller() const { return environment_.poller; }
    particulars& particular();

    void wake() {
        if (!is_awake_) take_traffic();
    }
    void take_traffic();
    void give_traffic_back();
    // When nothing of it is needed any more; not from within what a command or a reply does.
    void rest() {
        if (is_awake_ && traffic_->is_over()) give_traffic_back();
    }
    void read();
    void keep_input(std::string_view bytes);
    void keep_output(std::string_view bytes);
    void send_parts(std::span<const iovec> parts);
    void parse_input();
    std::size_t parse(std::string_view input);
    void write();
    bool may_send_at_once() const { return !writes_ && traffic_->written == traffic_->output.size() && !socket_.is_tls(); }
    bool take_sent(const net::transfer& sent);
    void forget_output();
    void update_interest();
    bool may_parse() const;
    bool may_read() const { return !is_awake_ || has_little_output() || !is_full(); }
    bool is_full() const;
    // By far less than any limit.
    bool has_little_output() const {
        return waiting_output() <= little_output && traffic_->replies.size() <= few_slots && traffic_->bytes_under_way <= little_output;
    }
    // Nothing has changed since the socket began to be watched for what the client sends.
    bool is_at_rest() const {
        return phase_ == phase::open && !writes_ && reads_ && !watched_.write && !socket_.is_tls() &&
               (!is_awake_ || (traffic_->input.empty() && has_little_output()));
    }
    void renew_interest() {
        if (!is_at_rest()) update_interest();
    }
    bool needs_no_parser() const { return answers_ == replies::on && !traffic_->parser.is_within_command(); }
    std::size_t waiting_output() const {
        return traffic_->output.size() - traffic_->written + traffic_->replies.held_bytes() + traffic_->pushed.size();
    }
    void protocol_failure(const std::string& error);
    void release_pushed();
    void after_reply();
    void finish_closing();
    void tell_owner_if_done();
    bool is_authenticated() const { return who() == nullptr || who()->is_authenticated(); }
    std::size_t soft_limit() const;
    bool is_idle(time_point now) const;

    phase phase_ = phase::open;
    protocol::resp_version version_ = protocol::resp_version::resp2;
    replies answers_ = replies::on;
    net::interest watched_;
    bool reads_ = true;  // may be read from
    bool writes_ = false;  // its socket has not taken all output: it is told when it takes more
    net::channel socket_;
    client_record_ptr record_;
    session_environment& environment_;
    traffic* traffic_;  // ours if it is awake, else the pool's that stands for nothing
    std::unique_ptr<particulars> particulars_;
    [[no_unique_address]] write_fence fence_;  // what follows fills its last word
    bool is_awake_ = false;
    bool parsing_ = false;
    bool end_of_input_ = false;
    bool told_owner_ = false;
    bool waits_for_replies_ = false;  // the next command is to see them first
    std::uint16_t paused_ = 0;
    std::uint32_t database_ = 0;
    std::uint32_t near_reads_ = 0;
};

}  // namespace respgres::proxy
