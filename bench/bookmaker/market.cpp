#include "bench/bookmaker/market.hpp"

namespace respgres::bookmaker {

market::market(std::uint64_t seed, std::uint64_t users, std::uint64_t events)
    : random_(seed), users_(popular_users(users)), events_(popular_events(events)) {}

market_action market::next() {
    if (open_.empty() || random_.chance(0.5)) {
        const std::int64_t user_id = users_.draw(random_);
        const std::int64_t event_id = events_.draw(random_);
        return place_bet{user_id, event_id, draw_cents(random_)};
    }
    const close_bet close{open_.front(), draw_closed_status(random_)};
    open_.pop_front();
    return close;
}

std::uint64_t schedule::due_by(clock::time_point now) const {
    if (now < start_) return 0;
    const std::chrono::duration<double> elapsed = now - start_;
    return static_cast<std::uint64_t>(elapsed.count() * per_second_) + 1;
}

schedule::clock::time_point schedule::due_time(std::uint64_t action) const {
    const std::chrono::duration<double> after(static_cast<double>(action) / per_second_);
    return start_ + std::chrono::ceil<clock::duration>(after);
}

}  // namespace respgres::bookmaker
