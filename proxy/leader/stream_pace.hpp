#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace respgres::proxy {

// When the change stream is looked at. While few transactions come, as soon as one does. While many do, a moment after the last look: what came in between then costs one
// reading of the socket, one fence and one exchange with Redis, and PostgreSQL wakes nobody with each message. That is CPU time which on a shared machine the writers lack. Pure.
class stream_pace {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct settings {
        std::size_t many;  // transactions a second
        std::chrono::microseconds apart;  // the looks, when so many come
    };

    explicit stream_pace(settings how) : how_(how) {}

    void restart() { *this = stream_pace(how_); }

    // A look began at `now` and found `came` transactions.
    void on_look(std::size_t came, time_point now) {
        looked_ = now;
        found_ = came > 0;
        came_ += came;
        const auto passed = now - since_;
        if (passed < window) return;
        is_hot_ = static_cast<double>(came_) >= static_cast<double>(how_.many) * std::chrono::duration<double>(passed).count();
        since_ = now;
        came_ = 0;
    }

    // The next look is not due before; nothing: as soon as something comes, also when many do and the last look found none.
    std::optional<time_point> next_look() const {
        if (!is_hot_ || !found_) return std::nullopt;
        return looked_ + how_.apart;
    }

private:
    // Over which they are counted: a few transactions at the same moment are not many.
    static constexpr std::chrono::milliseconds window{10};

    settings how_;
    time_point looked_{};
    time_point since_{};
    std::size_t came_ = 0;
    bool found_ = false;
    bool is_hot_ = false;
};

}  // namespace respgres::proxy
