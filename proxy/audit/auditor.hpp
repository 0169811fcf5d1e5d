#pragma once

#include "backends/postgres/pool.hpp"
#include "backends/redis/client.hpp"
#include "proxy/audit/audit_bucket.hpp"
#include "proxy/audit/judgement.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/metrics/mapping_stats.hpp"
#include "proxy/values/value.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

struct audit_settings {
    std::string mark;         // the watermark's name
    double per_second = 1;    // audits of this worker
};

// Compares a sample of the keys that Redis answers with the database, and counts what it finds: proof in operation that no read is stale
// by accident (consistency protocol, "auditor").
//
// An audit reads the key again and runs the mapping's query. Mostly both agree. If not, a change may be on its way; so the auditor takes
// the key's lease, runs the query again, and waits until the watermark has passed all that the query saw: judge_look() says what then is
// proved. Meanwhile a fill of this key has to wait; that matters only if the key expires in just these milliseconds. What is wrong is
// counted, logged and dropped.
//
// One audit at a time, in the background. Not thread-safe: one per worker.
class auditor {
public:
    using time_point = audit_bucket::time_point;

    // `redis` leads to the mapped keys' database. `stats` has one element per mapping, by mapping::index. All references must outlive the
    // auditor.
    auditor(boost::asio::any_io_executor executor, redis::sender& redis, postgres::pool& postgres, std::vector<mapping_stats>& stats,
            audit_settings settings);
    ~auditor();

    // Several times a second.
    void refill(time_point now);

    // Whether the next read that Redis answered should be handed over: all that reads pay.
    bool wants_one() const { return is_ready_; }
    // `source` follows changes. Declines what must not or cannot be audited, and what PostgreSQL has no time for.
    void take(const mapping& source, std::string_view key);

    // Begins no more; the one under way ends soon.
    void stop();
    bool is_busy() const { return is_busy_; }

private:
    struct audit;
    struct held_key;
    struct known_rows;
    enum class ending { verified, violation, gone, failed, changed };
    using audit_pointer = std::shared_ptr<audit>;

    boost::asio::awaitable<void> run(audit_pointer a);
    boost::asio::awaitable<ending> compare(audit& a);
    boost::asio::awaitable<ending> compare_closely(audit& a);
    boost::asio::awaitable<ending> compare_with_lease(audit& a);
    boost::asio::awaitable<ending> watch(audit& a);
    boost::asio::awaitable<backends::outcome<known_rows>> ask_postgres(audit& a);
    boost::asio::awaitable<void> pause();
    boost::asio::awaitable<void> drop(audit& a);
    void count(const audit& a, ending how);
    void report(const audit& a);
    void set_ready();

    boost::asio::any_io_executor executor_;
    redis::sender& sender_;
    redis::client redis_;
    postgres::pool& postgres_;
    std::vector<mapping_stats>& stats_;
    std::string mark_;
    audit_bucket bucket_;
    log_throttle violations_;
    bool is_ready_ = false;
    bool is_busy_ = false;
    bool is_stopped_ = false;
};

}  // namespace respgres::proxy
