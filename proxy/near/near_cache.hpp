#pragma once

#include "backends/redis/link_set.hpp"
#include "proxy/freshness/link_gate.hpp"
#include "proxy/mappings/mapping_table.hpp"
#include "proxy/metrics/near_stats.hpp"
#include "proxy/near/key_stamps.hpp"
#include "proxy/near/link_pulse.hpp"
#include "proxy/near/near_store.hpp"
#include "proxy/near/write_fence.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace respgres::proxy {

// The near cache of one worker: replies to GET of mapped keys, and the connection over which Redis keeps them true.
//
// Over that connection nothing goes but GET and PTTL of such keys, PING, and GET of the watermark. Redis remembers what is read over it (CLIENT
// TRACKING) and tells of each change. All that comes is applied in the order of the stream: a reply is kept if nothing was told of its key between the
// reply and the key's time to live, and what is kept goes when something is told. So what is kept is what Redis held when it sent the last bytes that
// were read here; how long ago that was, the replies to PING and to GET of the watermark tell (consistency protocol 2.8).
//
// Not thread-safe: the worker's.
class near_cache final : public redis::message_listener {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct facts {
        const conf::settings& settings;
        const mapping_table& mappings;
        freshness_news& news;
        std::size_t workers;  // that share the memory
    };

    // Does nothing, and makes no connection, if no mapping has a near cache or it has no memory. The references must outlive it, and it the links' last
    // reply. `on_change` is told when the connection comes up or goes down, as for a link.
    near_cache(boost::asio::any_io_executor executor, redis::link_set& links, const facts& about, near_stats& stats,
               redis::link_set::log_function on_change);

    // Between them its connection is asked again and again how far it has come.
    void start();
    void stop();

    bool is_on() const { return link_ != nullptr; }

    // What follows: only while it is on.

    // Its connection is there, and what it holds may be the answer to a read that a client makes behind its own writes. `nothing_due`: the client has
    // the replies to all that it sent.
    bool is_ready(write_fence& fence, bool nothing_due);
    // Whether what its connection holds was true within the bound, for keys that do not follow changes.
    bool is_alive(time_point now) const { return pulse_->is_alive(now, alive_bound_); }
    // The proof for keys that follow changes.
    const link_gate& gate() const { return *gate_; }
    redis::link& link() { return *link_; }

    // The replies to GET, until the next call. After is_ready().
    near_store& replies() { return store_; }

    // A reply to GET comes over its connection: another number once Redis has told of a change of the key.
    std::uint64_t stamp_of(std::string_view key) const { return stamps_.of(store_.hash_of(key)); }
    // Keeps the reply of a key of `source` (null: of no mapping), which came when stamp_of() was `stamp`, up to `expires`.
    void put(const mapping* source, std::string_view key, std::string_view reply, std::uint64_t stamp, time_point expires);
    std::size_t longest_reply() const { return store_.longest_entry(); }
    near_stats& stats() { return stats_; }

    void on_message(std::string_view bytes, bool complete) override;

private:
    void ask_all();
    void renew();
    void clear();
    void tell_sizes();

    near_stats& stats_;
    near_store store_;
    key_stamps stamps_;
    redis::link* link_ = nullptr;
    std::unique_ptr<link_gate> gate_;
    std::unique_ptr<link_pulse> pulse_;
    std::uint64_t generation_ = 0;  // of the link, to which what is held belongs
    std::uint64_t evictions_ = 0;  // that were told
    std::chrono::milliseconds alive_bound_;
    std::chrono::milliseconds period_{0};
    bool follows_changes_ = false;
    std::string message_;  // the beginning of one
    boost::asio::steady_timer timer_;
};

}  // namespace respgres::proxy
