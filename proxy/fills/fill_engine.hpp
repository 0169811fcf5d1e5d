#pragma once

#include "backends/postgres/pool.hpp"
#include "backends/redis/client.hpp"
#include "proxy/fills/fill_outcome.hpp"
#include "proxy/fills/key_queries.hpp"
#include "proxy/freshness/link_gates.hpp"
#include "proxy/freshness/watermark.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/metrics/mapping_stats.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace respgres::proxy {

// Fills mapped keys: one flight per key in this worker (later misses join it), asked of PostgreSQL once among all workers and proxies by the lease in
// Redis, keys that are missing at the same time in one query (key_queries), the value stored only under that lease (consistency protocol 2.3). When Redis cannot be asked, the value is answered without being stored.
//
// Not thread-safe: one per worker. Holds no value longer than its flight.
class fill_engine {
public:
    // `stats` has one element per mapping, by mapping::index. `mark` is the watermark's name, needed if a mapping follows changes; `postgres` then asks its sessions for
    // server_identity_sql. `gates` have the proof that the connection of `redis` is fresh; null: nobody asks for it. All references must outlive the engine.
    fill_engine(boost::asio::any_io_executor executor, redis::client& redis, postgres::pool& postgres, std::vector<mapping_stats>& stats,
                std::string mark = {}, const link_gates* gates = nullptr);
    ~fill_engine();

    // What a waiter needs of a fill.
    enum class need {
        answer,  // the value, as early as it is known
        stored,  // the value in Redis: told only when it is there, or certain not to be
        uncached,  // the value from PostgreSQL, whatever Redis holds, which is neither asked nor told: it cannot be proved to be fresh
    };

    // Fills `key`, or joins the flight that does. `waiter.on_filled` is called once, never from within this call. A waiter that joins a flight
    // whose query was already under way gets that value only if it could be stored, i.e. if nothing invalidated the key in between;
    // otherwise a new query is run for it.
    void join(const mapping& source, std::string_view key, const captures& found, fill_waiter& waiter, need what = need::answer);

    // Fills `key` in the background although Redis holds it, unless a fill of it is under way here or elsewhere.
    void refresh(const mapping& source, std::string_view key, const captures& found);

    // What a fill of this mapping took lately (moving average), for refreshing ahead; 0 = not known yet.
    std::chrono::nanoseconds usual_cost(const mapping& source) const;

    // A client has seen all before `position` committed (PROXY AFTER): what Redis says of absent keys must contain it.
    void has_seen(change_stream::lsn position) { seen_ = std::max(seen_, position); }

    std::size_t flights() const { return flights_.size() + uncached_flights_.size(); }

private:
    struct waiting;
    struct flight;
    using flight_pointer = std::shared_ptr<flight>;
    enum class lease_state { granted, none, settled };
    enum class purpose { answer, refresh, uncached };
    using flight_map = std::unordered_map<std::string, flight_pointer>;

    flight_pointer start(const mapping& source, std::string_view key, const captures& found, purpose why);
    flight_map& flights_like(const flight& f);
    boost::asio::awaitable<void> lead(flight_pointer f);
    boost::asio::awaitable<void> fill_once(flight_pointer f);
    boost::asio::awaitable<lease_state> get_lease(flight_pointer f);
    boost::asio::awaitable<backends::outcome<redis::reply>> ask_lease(flight_pointer f, std::string lease_ms);
    boost::asio::awaitable<backends::outcome<value>> query(flight_pointer f);
    boost::asio::awaitable<bool> store(flight_pointer f, const value& filled);
    boost::asio::awaitable<bool> give_lease_back(flight_pointer f);
    static bool asked_late(const waiting& w, const flight& f);
    static bool may_store(const flight& f);
    bool is_proved(const mapping& source) const;
    static void settle(flight& f, const fill_outcome& outcome);
    static void settle_in_time(flight& f, const fill_outcome& outcome, need up_to);
    mapping_stats& stats_of(const flight& f) const;

    boost::asio::any_io_executor executor_;
    redis::client& redis_;
    key_queries queries_;
    std::vector<mapping_stats>& stats_;
    std::vector<std::chrono::nanoseconds> costs_;
    std::vector<log_throttle> logs_;  // by mapping::index
    std::string mark_;
    const link_gates* gates_;
    change_stream::lsn seen_{};
    flight_map flights_;
    flight_map uncached_flights_;
};

}  // namespace respgres::proxy
