#pragma once

#include "backends/net/poller.hpp"
#include "backends/redis/client.hpp"
#include "backends/redis/dedicated_pool.hpp"
#include "backends/redis/link.hpp"
#include "proxy/fills/invalidation_drop.hpp"
#include "proxy/freshness/watermark.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace respgres::proxy {

// One Redis master as the leader of the change stream sees it: a connection of its own, over which keys are dropped and, behind that, the watermark is written. Because it is one
// connection, whatever state of this master survives has the watermark only together with the deletions before it (consistency protocol, I3).
//
// It never reconnects by itself: after any failure the leader attaches anew, and goes on from the watermark that it finds. Not thread-safe.
class shard {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using outcome = backends::outcome<void>;

    // `mark`: the watermark's name. The references must outlive it.
    shard(boost::asio::any_io_executor executor, net::poller& poller, redis::link_settings settings, std::string mark,
          const mapping_table& mappings);

    // Connects and reads the watermark. Errors: those of connecting; server_error if it is no master.
    boost::asio::awaitable<outcome> attach(time_point limit);
    // As it was found, or written last.
    const std::optional<watermark>& mark() const { return mark_; }

    // Drops keys, and all keys of mappings. When it has succeeded Redis has acknowledged every deletion.
    boost::asio::awaitable<outcome> drop(const invalidation& what, whole_drop how = whole_drop::by_wide_registry);

    // Looks at some members of a wide mapping's registry, from SSCAN's `cursor` on, and forgets those keys of which nothing is left. Returns the next cursor, "0" at the end.
    boost::asio::awaitable<backends::outcome<std::string>> prune_some(const mapping& source, std::string cursor);

    // Writes the next watermark, if Redis still has the one before. Errors: server_error, with words, if it has not: somebody else leads, or Redis has gone back to an
    // earlier state.
    boost::asio::awaitable<outcome> write(watermark next);

    // Drops all keys of all mappings that follow changes.
    boost::asio::awaitable<outcome> purge();

    // Nothing may be under way.
    void close();
    // Ends what is under way with an error, and so all that follows until the next attach(). An attempt to connect goes on.
    void interrupt();
    // To be called now and then: breaks the connection when Redis does not answer.
    void check_time_limit(time_point now);

private:
    boost::asio::any_io_executor executor_;
    net::poller& poller_;
    redis::link_settings settings_;
    std::string mark_name_;
    const mapping_table& mappings_;
    redis::link_stats stats_;
    std::unique_ptr<redis::dedicated> connection_;
    std::optional<redis::client> redis_;
    std::string mark_text_;  // as Redis has it; empty: none
    std::optional<watermark> mark_;
};

}  // namespace respgres::proxy
