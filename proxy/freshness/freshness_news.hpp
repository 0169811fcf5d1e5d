#pragma once

#include "backends/counter.hpp"
#include "proxy/freshness/server_clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace respgres::proxy {

struct table_facts;

// What the thread that follows the change stream tells the workers and the admin thread. Thread-safe.
class freshness_news {
public:
    shared_clock clock;

    // The PostgreSQL that this process speaks to, as server_identity_sql has it; empty: not known, or a standby.
    std::string server() const { return get(server_); }
    void set_server(std::string server) { set(server_, std::move(server)); }

    // What is wrong with the change stream and what cures it, for people; empty: nothing.
    std::string problem() const { return get(problem_); }
    void set_problem(std::string words) { set(problem_, std::move(words)); }

    // What the followed mappings read, as it was read last: at the start, and by this process when it leads. Null: PostgreSQL has not told yet.
    std::shared_ptr<const table_facts> facts() const { return get(facts_); }
    void set_facts(std::shared_ptr<const table_facts> facts) { set(facts_, std::move(facts)); }

    std::atomic<bool> leads{false};  // this process follows the stream for all

    // The watermark that a worker read last, for how far Redis may lag behind at most; nullopt: none was read, or the clock is not known.
    void set_mark_time(change_stream::timestamp moment) { mark_time_.store(moment.time_since_epoch().count(), std::memory_order_relaxed); }
    std::optional<std::chrono::nanoseconds> age(server_clock::time_point now) const {
        const auto read = mark_time_.load(std::memory_order_relaxed);
        const auto since = clock.earliest(change_stream::timestamp(std::chrono::microseconds(read)));
        if (read == 0 || !since) return std::nullopt;
        return now - *since;
    }

    // Of this process while it leads. Written by its thread only.
    struct counters {
        backends::counter transactions;  // applied, of those that touched a mapped table
        backends::counter rows;  // changed, of these
        backends::counter invalidated_keys;  // named to Redis, whether or not they were there
        backends::counter wide;  // times that all keys of a mapping were dropped
        backends::counter coalesced;  // transactions of which a mapping's drop was put off
        backends::counter fences;  // snapshots asked for
        backends::counter held_back;  // transactions that were not visible yet when they arrived
        backends::counter terms;  // times that this process began to lead
        backends::counter rebuilds;  // times that all keys were dropped because changes were missed
    } counted;

private:
    template <class Value>
    Value get(const Value& from) const {
        const std::lock_guard held(mutex_);
        return from;
    }
    template <class Value>
    void set(Value& into, Value now) {
        const std::lock_guard held(mutex_);
        std::swap(into, now);
    }

    mutable std::mutex mutex_;
    std::atomic<std::int64_t> mark_time_{0};  // microseconds of PostgreSQL's clock
    std::string server_;
    std::string problem_;
    std::shared_ptr<const table_facts> facts_;
};

}  // namespace respgres::proxy
