#include "proxy/near/link_pulse.hpp"

namespace respgres::proxy {

std::uint64_t link_pulse::ask() {
    ++asked_;
    // Without a connection nothing is held that could be old, and what is read over the next one is new.
    if (!link_.send("*1\r\n$4\r\nPING\r\n", *this, asked_)) answered_ = asked_;
    return asked_;
}

void link_pulse::ask_timed(time_point now) {
    if (timed_ != 0 || !link_.is_connected()) return;
    timed_at_ = now;
    timed_on_ = link_.generation();
    timed_ = asked_ + 1;
    ask();
}

void link_pulse::on_reply(std::uint64_t number, std::string_view, bool complete) {
    if (!complete) return;
    answered_ = number;
    if (number != timed_) return;
    alive_at_ = timed_at_;
    alive_on_ = timed_on_;
    timed_ = 0;
}

void link_pulse::on_failure(std::uint64_t number, const backends::failure&) {
    answered_ = number;
    if (number == timed_) timed_ = 0;
}

}  // namespace respgres::proxy
