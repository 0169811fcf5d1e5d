#include "proxy/freshness/link_gates.hpp"

#include "proxy/freshness/question_period.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

using std::chrono::milliseconds;

milliseconds period_for(const mapping_table& mappings) {
    milliseconds least{0};
    for (const auto& each : mappings.all())
        if (each->follows_changes && (least.count() == 0 || each->bound < least)) least = each->bound;
    return least.count() == 0 ? least : question_period(least);
}

}  // namespace

link_gates::link_gates(boost::asio::any_io_executor executor, redis::link_set& links, const conf::settings& settings,
                       const mapping_table& mappings, freshness_news& news, dataset_watch::event_handler on_event)
    : links_(links),
      database_(settings.redis.database),
      mark_(watermark_name(settings.freshness.slot.value)),
      news_(news),
      home_(std::make_unique<link_gate>(links_.home(), mark_, news_)),
      period_(period_for(mappings)),
      timer_(std::move(executor)) {
    if (period_.count() == 0) return;
    auto replaced = [this] { distrust_all(); };
    watch_ = std::make_unique<dataset_watch>(links_, std::move(replaced), std::move(on_event));
}

void link_gates::start() {
    if (period_.count() > 0) ask_all();
}

void link_gates::stop() {
    period_ = milliseconds{0};
    timer_.cancel();
}

void link_gates::ask_all() {
    if (period_.count() == 0) return;
    home_->ask();
    if (resp3_) resp3_->ask();
    timer_.expires_after(period_);
    timer_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) ask_all();
    });
}

void link_gates::distrust_all() {
    home_->distrust();
    if (resp3_) resp3_->distrust();
}

const link_gate& link_gates::of(protocol::resp_version version) {
    if (version == protocol::resp_version::resp2) return *home_;
    if (!resp3_) {
        resp3_ = std::make_unique<link_gate>(links_.get(database_, version), mark_, news_);
        resp3_->ask();
    }
    return *resp3_;
}

}  // namespace respgres::proxy
