#include "proxy/freshness/server_clock.hpp"

#include <algorithm>

namespace respgres::proxy {

namespace {

using nanoseconds = std::chrono::nanoseconds;

nanoseconds difference(server_clock::time_point ours, change_stream::timestamp theirs) {
    return std::chrono::duration_cast<nanoseconds>(ours.time_since_epoch()) -
           std::chrono::duration_cast<nanoseconds>(theirs.time_since_epoch());
}

}  // namespace

std::optional<nanoseconds> server_clock::offset_at(time_point when) const {
    if (!known_) return std::nullopt;
    const auto drifted = std::chrono::duration<double, std::nano>(when - since_) * max_drift;
    return offset_ - std::chrono::duration_cast<nanoseconds>(drifted);
}

void server_clock::add(time_point asked, change_stream::timestamp told, time_point answered) {
    const nanoseconds least = difference(asked, told);
    const nanoseconds most = difference(answered, told);
    const auto before = offset_at(answered);
    // More than `most`: PostgreSQL's clock was set forward, and what was known of it is void.
    offset_ = before && *before <= most ? std::max(*before, least) : least;
    since_ = answered;
    known_ = true;
}

void shared_clock::publish(const server_clock& measured, time_point now) {
    constexpr std::chrono::seconds good_for{2};
    const auto offset = measured.offset_at(now + good_for);
    if (offset) offset_.store(offset->count(), std::memory_order_relaxed);
}

std::optional<shared_clock::time_point> shared_clock::earliest(change_stream::timestamp moment) const {
    const auto offset = offset_.load(std::memory_order_relaxed);
    if (offset == unknown) return std::nullopt;
    const nanoseconds ours = std::chrono::duration_cast<nanoseconds>(moment.time_since_epoch()) + nanoseconds(offset);
    return time_point(std::chrono::duration_cast<time_point::duration>(ours));
}

}  // namespace respgres::proxy
