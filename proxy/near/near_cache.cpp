#include "proxy/near/near_cache.hpp"

#include "proxy/freshness/question_period.hpp"
#include "proxy/near/push_reader.hpp"
#include "proxy/plants.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

using std::chrono::milliseconds;

std::uint64_t random_seed() {
    std::random_device source;
    return static_cast<std::uint64_t>(source()) << 32 | source();
}

std::size_t memory_of(const near_cache::facts& about) {
    return about.settings.near_cache.max_bytes / std::max<std::size_t>(1, about.workers);
}

bool is_wanted(const near_cache::facts& about) {
    const auto& all = about.mappings.all();
    const bool is_named = std::any_of(all.begin(), all.end(), [](const auto& each) { return each->settings.near_cache; });
    return memory_of(about) > 0 && (is_named || !about.settings.near_cache.keys.empty());
}

// The least bound of the keys that are kept; `follows` is set if the watermark must be asked for.
milliseconds least_bound(const near_cache::facts& about, bool& follows) {
    milliseconds least = about.settings.freshness.bound;
    for (const auto& each : about.mappings.all()) {
        if (!each->settings.near_cache || !each->follows_changes) continue;
        follows = true;
        least = std::min(least, each->bound);
    }
    return least;
}

// Not merely late: what Redis holds belongs to another history, or is about to be dropped.
bool is_lost(const link_gate& gate) {
    using state = freshness_gate::state;
    const state why = gate.why(std::chrono::steady_clock::now(), std::chrono::hours(1));
    return why == state::missing || why == state::rebuilding || why == state::other_server;
}

// Plants only: what is kept when the next question is sent.
struct late_reply {
    const mapping* source;
    std::string key;
    std::string reply;
};

std::vector<late_reply>& put_late() {
    thread_local std::vector<late_reply> waiting;
    return waiting;
}

}  // namespace

near_cache::near_cache(boost::asio::any_io_executor executor, redis::link_set& links, const facts& about, near_stats& stats,
                       redis::link_set::log_function on_change)
    : stats_(stats), store_(memory_of(about), random_seed()), alive_bound_(about.settings.freshness.bound), timer_(std::move(executor)) {
    if (!is_wanted(about)) return;
    auto tell = [this, on_change = std::move(on_change)](bool up, const std::string& why) {
        stats_.links.set(up ? 1 : 0);
        on_change(up, why);
    };
    link_ = &links.add_tracked(*this, std::move(tell));
    gate_ = std::make_unique<link_gate>(*link_, watermark_name(about.settings.freshness.slot.value), about.news);
    pulse_ = std::make_unique<link_pulse>(*link_);
    period_ = question_period(least_bound(about, follows_changes_));
}

void near_cache::start() {
    if (is_on()) ask_all();
}

void near_cache::stop() {
    period_ = milliseconds{0};
    timer_.cancel();
}

void near_cache::ask_all() {
    if (period_.count() == 0) return;
    if (planted(plant::near_put_late)) {
        for (const auto& [source, key, reply] : put_late())
            store_.put(key, reply, std::chrono::steady_clock::now() + std::chrono::seconds(1), source);
        put_late().clear();
    }
    if (follows_changes_) {
        if (is_lost(*gate_)) clear();
        gate_->ask();
    }
    pulse_->ask_timed(std::chrono::steady_clock::now());
    tell_sizes();
    timer_.expires_after(period_);
    timer_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) ask_all();
    });
}

// What was kept belongs to a connection that is gone: nobody told of changes since.
void near_cache::renew() {
    if (generation_ == link_->generation()) [[likely]]
        return;
    clear();
    generation_ = link_->generation();
}

bool near_cache::is_ready(write_fence& fence, bool nothing_due) {
    if (!link_->is_connected()) return false;
    renew();
    if (fence.is_clear()) [[likely]]
        return true;
    if (fence.needs_question() && nothing_due) fence.wait_for(pulse_->ask());
    fence.on_answered(pulse_->answered());
    return fence.is_clear();
}

void near_cache::put(const mapping* source, std::string_view key, std::string_view reply, std::uint64_t stamp, time_point expires) {
    if (generation_ != link_->generation()) return;
    if (planted(plant::near_put_late)) {
        put_late().push_back({source, std::string(key), std::string(reply)});
        return;
    }
    if (stamp_of(key) != stamp) return stats_.rejected_stores.add();
    store_.put(key, reply, expires, source);
    stats_.stores.add();
}

void near_cache::on_message(std::string_view bytes, bool complete) {
    renew();
    message_.append(bytes);
    if (!complete) return;
    const auto drop = [this](std::string_view key) {
        stamps_.on_key(store_.hash_of(key));
        if (store_.drop(key)) stats_.invalidations.add();
    };
    if (read_push(message_, drop) == push_kind::all) {
        clear();
        gate_->distrust();  // perhaps Redis has earlier data now
    }
    message_.clear();
}

void near_cache::clear() {
    if (store_.size() > 0) stats_.clears.add();
    stamps_.on_all();
    store_.clear();
    message_.clear();
}

void near_cache::tell_sizes() {
    stats_.bytes.set(static_cast<std::int64_t>(store_.bytes()));
    stats_.keys.set(static_cast<std::int64_t>(store_.size()));
    stats_.evictions.add(store_.evictions() - std::exchange(evictions_, store_.evictions()));
}

}  // namespace respgres::proxy
