#include "proxy/fills/registry_pruner.hpp"

#include "proxy/fills/key_registry.hpp"
#include "proxy/fills/side_keys.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace respgres::proxy {

namespace asio = boost::asio;

std::vector<const mapping*> registered(const mapping_table& mappings) {
    std::vector<const mapping*> found;
    for (const auto& each : mappings.all())
        if (each->keeps_registry) found.push_back(each.get());
    return found;
}

registry_pruner::registry_pruner(asio::any_io_executor executor, redis::client& redis, const mapping_table& mappings,
                                 prune_schedule::pace prunes)
    : executor_(std::move(executor)), redis_(redis), registered_(registered(mappings)), schedule_(registered_.size(), prunes) {}

void registry_pruner::tick(std::chrono::steady_clock::time_point now) {
    if (busy_) return;
    auto step = schedule_.due(now);
    if (!step) return;
    busy_ = true;
    auto done = [this](std::exception_ptr thrown) {
        busy_ = false;
        if (thrown) std::rethrow_exception(thrown);
    };
    asio::co_spawn(executor_, run(std::move(*step)), std::move(done));
}

asio::awaitable<void> registry_pruner::run(prune_schedule::step step) {
    const std::string registry = registry_name(registered_[step.registry]->settings.name);
    auto next = co_await forget_expired(redis_, registry, std::move(step.cursor));
    if (next.has_error())
        schedule_.restart();  // perhaps another Redis, whose cursors are others
    else
        schedule_.on_step(std::move(*next), std::chrono::steady_clock::now());
}

}  // namespace respgres::proxy
