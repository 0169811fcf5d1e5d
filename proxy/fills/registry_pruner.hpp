#pragma once

#include "backends/redis/client.hpp"
#include "proxy/fills/prune_schedule.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <vector>

namespace respgres::proxy {

// The mappings of which Redis has a registry.
std::vector<const mapping*> registered(const mapping_table& mappings);

// Looks through the registries now and then, where no leader of a change stream does it. Several proxies may: to forget a key twice does no harm. Not thread-safe.
class registry_pruner {
public:
    // The references must outlive it, and is_busy() must be false at its end.
    registry_pruner(boost::asio::any_io_executor executor, redis::client& redis, const mapping_table& mappings,
                    prune_schedule::pace prunes = {});

    // To be called often; takes the step that is due. What fails is due again.
    void tick(std::chrono::steady_clock::time_point now);
    bool is_busy() const { return busy_; }

private:
    boost::asio::awaitable<void> run(prune_schedule::step step);

    boost::asio::any_io_executor executor_;
    redis::client& redis_;
    std::vector<const mapping*> registered_;
    prune_schedule schedule_;
    bool busy_ = false;
};

}  // namespace respgres::proxy
