#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/column.hpp"
#include "backends/postgres/pool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace respgres::postgres {

// A query on its way through the pool. Lives with whoever waits for it.
struct piped_query {
    using time_point = std::chrono::steady_clock::time_point;

    piped_query(const statement& what_to_run, time_point limit) : what(what_to_run), deadline(limit) {}
    piped_query(const piped_query&) = delete;
    piped_query& operator=(const piped_query&) = delete;

    const statement& what;
    time_point deadline;
    std::span<const std::string_view> parameters = {};
    row_sink* rows = nullptr;
    bool touched = false;                   // the sink was called: it cannot be run again
    std::span<const column> columns = {};   // of the connection that it was sent on
};

// The queries that were sent on one connection, in their order, a sync behind each: whose each result is, and what becomes of each query. No I/O,
// no clock.
//
// The first is the head: the server runs it, the results that come are its. The others are followers. Whoever is no longer wanted stays here
// without a name until its sync has come.
//
// A cancel request hits whatever the server runs when it arrives: after the first one nobody joins, rows are only handed over when their query has
// ended well, and who was hit for another is run again.
class pipeline_order {
public:
    using time_point = piped_query::time_point;
    using milliseconds = std::chrono::milliseconds;
    static constexpr time_point never = time_point::max();

    struct settings {
        milliseconds makes_way_after{50};  // a head with followers is cancelled then, if it can be run again
        milliseconds cancel_again_after{100};  // a cancel request that came too early does nothing
        milliseconds cancel_grace{1'000};  // of a head that is cancelled: the connection is closed then
        bool has_others = false;  // there are other connections to move followers to
    };

    enum class end : std::uint8_t {
        answered,
        failed,
        lost,  // with the connection, before its sink was called
        moves,  // it has done nothing here: another connection may have it
        runs_alone,  // it made way, was cancelled for another, or must be prepared again: to be run again where nobody waits for it
    };
    struct ending {
        piped_query* query;
        end how;
        failure why;
        std::chrono::nanoseconds took{0};  // as the head
    };

    explicit pipeline_order(settings limits) : limits_(limits) {}

    void sent(piped_query& query, time_point now);
    bool is_empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    bool takes_more() const { return !is_cancelled_ && !is_closed_; }
    // The cancel requests must be over and done with before the connection is used otherwise.
    bool is_cancelled() const { return is_cancelled_; }
    void settled() { is_cancelled_ = is_closed_ = hurries_ = is_unresponsive_ = false; }

    // Whose sink takes the rows that come; null: nobody's.
    piped_query* reader() const;
    // Whether the head's rows may be handed over one at a time.
    bool streams() const { return !is_cancelled_; }

    // What came for the head.
    void complete();  // all its rows
    void failed(failure why);
    void aborted() { entries_.front().is_aborted = true; }
    // Its sync: it has ended. Nothing: nobody waits for it.
    std::optional<ending> synced(time_point now);

    // The head's sink wants no more.
    void refuse() { entries_.front().halted = backends::errc::result_too_large; }
    // Its caller wants no more. A follower ends at once; the head, once the server has cancelled it. False: it is not here.
    bool give_up(const piped_query& query, std::optional<ending>& ended);
    // Nobody wants any more.
    std::vector<ending> give_up_all();
    // The connection is closed. Last first, so that putting each to the front of a queue keeps their order.
    std::vector<ending> lost(const failure& why);
    // For a pool that goes: all that are named, and no more of them.
    std::vector<piped_query*> forget();

    struct cancel {};
    struct close {};  // the server did not react
    struct wait {};
    using action = std::variant<wait, ending, cancel, close>;
    // What is due. To be asked until it says wait; and again at next_look().
    action due(time_point now);
    time_point next_look(time_point now) const;
    // When the cancel request is repeated if the head has not ended by then.
    void cancel_again_at(time_point when) { cancel_at_ = when; }

private:
    struct entry {
        piped_query* query;  // null: nobody wants it any more
        std::optional<backends::errc> halted{};  // why its caller gets nothing but this
        std::optional<failure> error{};
        bool makes_way = false;
        bool is_aborted = false;
        bool is_complete = false;
        bool is_over = false;  // at the server, well or not
    };

    bool is_slow(time_point now) const { return now >= head_since_ + limits_.makes_way_after; }
    bool has_followers() const;
    bool wants_cancel(time_point now) const;
    action cancel_head(time_point now);
    std::optional<ending> expire(time_point now);
    std::optional<ending> move_follower(time_point now);
    ending end_of(const entry& done) const;

    settings limits_;
    std::deque<entry> entries_;
    time_point head_since_{};
    time_point earliest_ = never;  // no query has a deadline before this
    bool is_cancelled_ = false;
    bool is_closed_ = false;  // to those that would join: the head is slow
    bool hurries_ = false;  // whatever is the head is cancelled
    bool is_unresponsive_ = false;
    bool cancels_head_ = false;
    time_point cancel_at_{};
    time_point close_at_{};
};

}  // namespace respgres::postgres
