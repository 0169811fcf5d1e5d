#include "backends/postgres/pipeline_order.hpp"

#include "backends/postgres/failures.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace respgres::postgres {

using backends::errc;

namespace {

constexpr std::string_view query_canceled = "57014";

}  // namespace

bool pipeline_order::has_followers() const {
    const auto is_named = [](const entry& each) { return each.query != nullptr; };
    return std::any_of(std::next(entries_.begin()), entries_.end(), is_named);
}

void pipeline_order::sent(piped_query& query, time_point now) {
    if (entries_.empty()) {
        head_since_ = now;
        earliest_ = never;
    }
    entries_.push_back(entry{&query});
    earliest_ = std::min(earliest_, query.deadline);
}

piped_query* pipeline_order::reader() const {
    const auto& head = entries_.front();
    return head.halted || head.error || head.makes_way ? nullptr : head.query;
}

void pipeline_order::complete() {
    entries_.front().is_complete = true;
    entries_.front().is_over = true;
}

void pipeline_order::failed(failure why) {
    auto& head = entries_.front();
    head.is_over = true;
    if (!head.error) head.error = std::move(why);
}

std::optional<pipeline_order::ending> pipeline_order::synced(time_point now) {
    const entry done = std::move(entries_.front());
    entries_.pop_front();
    const auto took = now - std::exchange(head_since_, now);
    cancels_head_ = false;
    if (done.query == nullptr) return std::nullopt;
    auto ended = end_of(done);
    ended.took = took;
    return ended;
}

pipeline_order::ending pipeline_order::end_of(const entry& done) const {
    const auto ended = [&](end how, failure why) { return ending{done.query, how, std::move(why)}; };
    if (done.halted) return ended(end::failed, halted_failure(*done.halted));
    if (done.is_aborted) return ended(end::runs_alone, {});
    const bool is_canceled = done.error && done.error->sqlstate == query_canceled;
    if (done.makes_way && (!done.error || is_canceled)) return ended(end::runs_alone, {});
    const bool was_for_another = is_canceled && is_cancelled_;
    if (!done.error || (was_for_another && done.is_complete)) return ended(end::answered, {});
    if (done.query->touched) return ended(end::failed, *done.error);
    if (done.error->code == errc::connection_lost)
        return ended(end::lost, *done.error);   // of a foreign server behind ours, since ours lives
    return ended(was_for_another || is_stale(*done.error) ? end::runs_alone : end::failed, *done.error);
}

bool pipeline_order::give_up(const piped_query& query, std::optional<ending>& ended) {
    const auto is_it = [&](const entry& each) { return each.query == &query; };
    const auto found = std::find_if(entries_.begin(), entries_.end(), is_it);
    if (found == entries_.end()) return false;
    if (found == entries_.begin())
        found->halted = errc::cancelled;
    else
        ended = ending{std::exchange(found->query, nullptr), end::failed, make_failure(errc::cancelled)};
    return true;
}

std::vector<pipeline_order::ending> pipeline_order::give_up_all() {
    std::vector<ending> ended;
    hurries_ = true;
    for (auto& each : entries_) {
        if (each.query == nullptr) continue;
        if (&each == &entries_.front())
            each.halted = errc::cancelled;
        else
            ended.push_back({std::exchange(each.query, nullptr), end::failed, make_failure(errc::cancelled)});
    }
    return ended;
}

std::vector<pipeline_order::ending> pipeline_order::lost(const failure& why) {
    std::vector<ending> ended;
    const bool has_words = !entries_.empty() && entries_.front().error && entries_.front().error->code == errc::connection_lost;
    const failure& words = has_words ? *entries_.front().error : why;
    for (auto each = entries_.rbegin(); each != entries_.rend(); ++each) {
        if (each->query == nullptr) continue;
        const bool has_lost_it = each->error && each->error->code == errc::connection_lost;
        if ((each->halted && !is_unresponsive_) || (each->is_over && !has_lost_it))
            ended.push_back(end_of(*each));
        else if (each->halted)
            ended.push_back({each->query, end::failed, make_failure(*each->halted, why.detail)});
        else
            ended.push_back({each->query, each->query->touched ? end::failed : end::lost, words});
    }
    entries_.clear();
    return ended;
}

std::vector<piped_query*> pipeline_order::forget() {
    std::vector<piped_query*> named;
    for (const auto& each : entries_)
        if (each.query != nullptr) named.push_back(each.query);
    entries_.clear();
    return named;
}

pipeline_order::action pipeline_order::due(time_point now) {
    if (entries_.empty()) return wait{};
    if (auto ended = expire(now)) return std::move(*ended);
    if (wants_cancel(now)) return cancel_head(now);
    if (auto ended = move_follower(now)) return std::move(*ended);
    return wait{};
}

bool pipeline_order::wants_cancel(time_point now) const {
    const auto& head = entries_.front();
    if (head.halted || head.makes_way || hurries_) return true;
    if (head.is_over || !is_slow(now)) return false;
    return head.query == nullptr || (!head.query->touched && has_followers());
}

pipeline_order::action pipeline_order::cancel_head(time_point now) {
    auto& head = entries_.front();
    if (!std::exchange(cancels_head_, true)) {
        if (head.query != nullptr && !head.halted) head.makes_way = true;
        cancel_at_ = now;
        close_at_ = now + limits_.cancel_grace;
    }
    if (now >= close_at_) {
        is_unresponsive_ = true;
        return close{};
    }
    if (now < cancel_at_) return wait{};
    cancel_at_ = now + limits_.cancel_again_after;
    if (head.is_over) return wait{};
    is_cancelled_ = true;
    return cancel{};
}

// One that is past its time limit, but not the head: that one is cancelled first.
std::optional<pipeline_order::ending> pipeline_order::expire(time_point now) {
    if (now < earliest_) return std::nullopt;
    earliest_ = never;
    for (auto& each : entries_) {
        if (each.query == nullptr || each.halted) continue;
        if (now < each.query->deadline) {
            earliest_ = std::min(earliest_, each.query->deadline);
        } else if (&each == &entries_.front()) {
            each.halted = errc::timed_out;
        } else {
            earliest_ = now;   // to look for more of them
            return ending{std::exchange(each.query, nullptr), end::failed,
                          make_failure(errc::timed_out, "the queries before it on its connection took too long")};
        }
    }
    return std::nullopt;
}

// The head is slow, but has given rows already, or nobody waits for it: it keeps the connection, and others go elsewhere.
std::optional<pipeline_order::ending> pipeline_order::move_follower(time_point now) {
    if (!is_slow(now)) return std::nullopt;
    is_closed_ = true;
    if (!limits_.has_others || is_cancelled_ || !has_followers()) return std::nullopt;
    const auto is_named = [](const entry& each) { return each.query != nullptr; };
    const auto last = std::find_if(entries_.rbegin(), entries_.rend(), is_named);
    return ending{std::exchange(last->query, nullptr), end::moves, {}};
}

pipeline_order::time_point pipeline_order::next_look(time_point now) const {
    if (entries_.empty()) return never;
    if (cancels_head_) return std::min({earliest_, cancel_at_, close_at_});
    if (wants_cancel(now)) return now;
    const auto slow_at = head_since_ + limits_.makes_way_after;
    return now < slow_at ? std::min(earliest_, slow_at) : earliest_;
}

}  // namespace respgres::postgres
