#include "proxy/app.hpp"

#include "backends/postgres/address.hpp"
#include "proxy/admin/admin_server.hpp"
#include "proxy/freshness/freshness_news.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/leader/own_thread.hpp"
#include "proxy/leader/stream_leader.hpp"
#include "proxy/metrics/stats_hub.hpp"
#include "proxy/rules/notify_listener.hpp"
#include "proxy/workers/listener.hpp"
#include "proxy/workers/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <system_error>
#include <thread>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;

std::size_t worker_count(const conf::settings& settings) {
    return settings.server.workers != 0 ? settings.server.workers : std::max(1u, std::thread::hardware_concurrency());
}

// The process: everything is built here, in the order in which it depends on each other.
class application {
public:
    // `made` must outlive it; its users go into it.
    application(configuration& made, std::shared_ptr<const table_facts> facts)
        : settings_(made.settings),
          clients_(settings_.server.max_clients),
          auth_(settings_, std::move(made.users)),
          signals_(context_, SIGINT, SIGTERM) {
        const conf::settings& settings = made.settings;
        const drop_rules& rules = made.rules;
        const tls_contexts& tls = made.tls;
        hub_.clients = &clients_;
        hub_.mappings = made.mappings;
        hub_.redis_address = conf::to_string(settings.redis.address);
        hub_.postgres_address = postgres::address_of(settings.postgres.url.value);
        const std::size_t count = worker_count(settings);
        for (std::size_t i = 0; i < count; ++i) stats_.push_back(std::make_unique<worker_stats>(hub_.mappings->all().size()));
        for (const auto& stats : stats_) hub_.workers.push_back(stats.get());
        for (std::size_t i = 0; i < count; ++i)
            workers_.push_back(
                std::make_unique<worker>(i, count, settings, tls, *hub_.mappings, rules, clients_, auth_, news_, hub_, *stats_[i]));
        const auto& all = hub_.mappings->all();
        if (std::any_of(all.begin(), all.end(), [](const auto& each) { return each->follows_changes; }))
            leader_ = std::make_unique<own_thread<stream_leader>>("change-stream", settings, tls.redis, *hub_.mappings, news_);
        news_.set_facts(std::move(facts));
        if (!rules.channels().empty()) {
            notified_ =
                std::make_unique<own_thread<notify_listener>>("notifications", settings, tls.redis, *hub_.mappings, rules, notified_stats_);
            hub_.listener = &notified_stats_;
        }
        if (leader_) hub_.freshness = &news_;
        if (!rules.all().empty()) hub_.rules = &rules;
    }

    // Binds all addresses; tells what cannot be bound, all at once.
    bool bind() {
        conf::problems found;
        for (const auto& at : settings_.server.listen) {
            try {
                listeners_.push_back(std::make_unique<listener>(context_, at.value, settings_.server.unix_socket_mode, workers_, clients_));
            } catch (const std::system_error& e) {
                found.push_back({at.where, std::string("server.listen: ") + e.what()});
            }
        }
        try {
            if (settings_.admin.enabled) make_admin();
        } catch (const std::system_error& e) {
            found.push_back({settings_.admin.listen.where, std::string("admin.listen: ") + e.what()});
        }
        for (const auto& problem : found) std::fprintf(stderr, "%s\n", conf::to_string(problem).c_str());
        return found.empty();
    }

    void run() {
        for (const auto& worker : workers_) worker->start();
        if (leader_) leader_->start();
        if (notified_) notified_->start();
        for (const auto& listener : listeners_) {
            auto ended = [](std::exception_ptr thrown) {
                if (thrown) std::rethrow_exception(thrown);
            };
            asio::co_spawn(context_, listener->run(), std::move(ended));
            spdlog::info("listening on {}", listener->address());
        }
        if (admin_) {
            admin_->start();
            spdlog::info("admin endpoint on {}", admin_->port() == 0
                                                     ? conf::to_string(settings_.admin.listen.value)
                                                     : settings_.admin.listen.value.host + ":" + std::to_string(admin_->port()));
        }
        spdlog::info("ready: {} workers, {} mappings", workers_.size(), hub_.mappings->all().size());
        signals_.async_wait([this](boost::system::error_code, int signal) { drain(signal); });
        context_.run();
        for (const auto& worker : workers_) worker->join();
        if (leader_) leader_->join();
        if (notified_) notified_->join();
        auth_.join();
        if (admin_) admin_->stop();
        spdlog::info("stopped");
    }

private:
    void make_admin() {
        auto readiness_now = [this] { return readiness(); };
        auto invalidate = [this](std::string glob, invalidation_done done) {
            workers_.front()->drop_matching(std::move(glob), std::move(done));
        };
        admin_ = std::make_unique<admin_server>(settings_.admin, hub_, std::move(readiness_now), std::move(invalidate));
    }

    void drain(int signal) {
        spdlog::info("{}: draining {} clients, at most {} ms", signal == SIGTERM ? "SIGTERM" : "SIGINT", clients_.size(),
                     settings_.server.drain_timeout.count());
        draining_.store(true, std::memory_order_relaxed);
        for (const auto& listener : listeners_) listener->stop();
        auth_.stop();
        if (leader_) leader_->stop();
        if (notified_) notified_->stop();
        for (const auto& worker : workers_) worker->drain(settings_.server.drain_timeout);
    }

    readiness_report readiness() const {
        readiness_report report;
        const auto redis_up = [](const auto& w) { return w->redis_is_up(); };
        const auto postgres_up = [](const auto& w) { return w->postgres_is_up(); };
        report.redis = std::all_of(workers_.begin(), workers_.end(), redis_up);
        report.postgres = std::all_of(workers_.begin(), workers_.end(), postgres_up);
        report.draining = draining_.load(std::memory_order_relaxed);
        report.ready = !report.draining && (report.redis || report.postgres);
        return report;
    }

    const conf::settings& settings_;
    asio::io_context context_{1};
    client_registry clients_;
    authenticator auth_;
    freshness_news news_;
    stats_hub hub_;
    std::vector<std::unique_ptr<worker_stats>> stats_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<own_thread<stream_leader>> leader_;
    rule_stats notified_stats_;
    std::unique_ptr<own_thread<notify_listener>> notified_;
    std::vector<std::unique_ptr<listener>> listeners_;
    std::unique_ptr<admin_server> admin_;
    asio::signal_set signals_;
    std::atomic<bool> draining_{false};
};

}  // namespace

int serve(configuration configured, std::shared_ptr<const table_facts> facts) {
    application app(configured, std::move(facts));
    if (!app.bind()) return 2;
    app.run();
    return 0;
}

}  // namespace respgres::proxy
