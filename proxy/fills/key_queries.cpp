#include "proxy/fills/key_queries.hpp"

#include "proxy/fills/batch_rows.hpp"
#include "proxy/fills/sink_of_session.hpp"
#include "proxy/mappings/batch_query.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;
using std::chrono::steady_clock;

// Longer captures are asked for alone: a batch of them would be a parameter larger than PostgreSQL's connection takes.
constexpr std::size_t longest_batched = 1024;
// Batches in a row that failed although none of their keys did alone: then the batch itself is at fault.
constexpr unsigned most_faults = 3;

bool may_be_batched(const key_query& query) {
    const auto plain = [](std::string_view text) { return text.size() <= longest_batched && text.find('\0') == std::string_view::npos; };
    return std::all_of(query.parameters.begin(), query.parameters.end(), plain);
}

// What one key alone can cause: a value that PostgreSQL cannot read, a division by zero, a great result, a slow search.
bool one_key_may_cause(const failure& why) {
    return why.code == errc::server_error || why.code == errc::invalid_parameter || why.code == errc::result_too_large ||
           why.code == errc::timed_out;
}

value_builder::limits limits_of(const mapping& source) {
    return {source.settings.max_rows, source.settings.max_bytes};
}

failure waited_in_vain() {
    return {make_error_code(errc::timed_out), "the queries before it took too long", {}};
}

}  // namespace

// The keys of one mapping that wait for a query.
struct key_queries::lane {
    enum class form_state : std::uint8_t { unknown, asked_for, known, refused };

    lane(asio::any_io_executor executor, const mapping& of, std::size_t limit, batch_planner::settings plan)
        : source(of), max_keys(limit), planner(plan), timer(std::move(executor)) {}

    const mapping& source;
    std::size_t max_keys;
    batch_planner planner;
    std::deque<key_query*> waiting;  // as many as the planner has
    asio::steady_timer timer;
    time_point looks_at = time_point::max();  // when the timer looks; max = it is not set
    bool looks_soon = false;
    form_state state = form_state::unknown;
    batch_form form;
    unsigned faults = 0;
};

// Keys that left together.
struct key_queries::departed {
    lane& home;
    std::vector<key_query*> keys;
    time_point left = steady_clock::now();
};

// A batch whose keys are asked for again, each alone.
struct key_queries::split {
    failure why;
    std::size_t open;
    bool has_culprit = false;
};

// The start of run()'s one operation: keeps the handler.
struct key_queries::submission {
    key_queries* home;
    key_query* query;

    template <class Handler>
    void operator()(Handler handler) const {
        // Not `=`: in Boost 1.81 any_completion_handler's move assignment calls itself without end.
        asio::any_completion_handler<void()>(std::move(handler)).swap(query->done);
        home->enqueue(*query);
    }
};

key_queries::key_queries(asio::any_io_executor executor, postgres::pool& postgres, std::vector<mapping_stats>& stats)
    : executor_(std::move(executor)), postgres_(postgres), stats_(stats), lanes_(stats.size()) {}

// Whoever still waits will never be told; its coroutine goes with its handler, and the query with the coroutine.
key_queries::~key_queries() {
    std::vector<asio::any_completion_handler<void()>> unheard;
    for (const auto& at : lanes_) {
        if (!at) continue;
        for (key_query* const query : at->waiting) unheard.emplace_back().swap(query->done);
    }
}

asio::awaitable<void> key_queries::run(key_query& query) {
    const lane& at = lane_of(query.source);
    if (at.max_keys <= 1 || at.state == lane::form_state::refused || !may_be_batched(query)) {
        co_await run_alone(query, query.asked + query.source.settings.fill_timeout);
        co_return;
    }
    auto start = submission{this, &query};
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

key_queries::lane& key_queries::lane_of(const mapping& source) {
    auto& at = lanes_[source.index];
    if (!at) {
        const std::size_t limit = batch_limit(source);
        const auto& settings = source.settings;
        const batch_planner::settings plan{limit, std::max<std::size_t>(1, postgres_.connections()), settings.batch_window,
                                           settings.fill_timeout};
        at = std::make_unique<lane>(executor_, source, limit, plan);
    }
    return *at;
}

void key_queries::enqueue(key_query& query) {
    lane& at = lane_of(query.source);
    if (at.waiting.size() >= postgres_.max_waiting() * at.max_keys) {
        query.result =
            failure{make_error_code(errc::too_many_waiting), std::to_string(at.waiting.size()) + " keys wait for a query already", {}};
        return complete(query);
    }
    at.waiting.push_back(&query);
    at.planner.arrive(query.asked);
    look_soon(at);
}

// Behind all that is ready now: what misses in the same turn leaves together.
void key_queries::look_soon(lane& at) {
    if (std::exchange(at.looks_soon, true)) return;
    asio::post(executor_, [this, &at] {
        at.looks_soon = false;
        look(at);
    });
}

void key_queries::look(lane& at) {
    const auto now = steady_clock::now();
    for (std::size_t late = at.planner.give_up(now); late > 0; --late) {
        key_query& query = *at.waiting.front();
        at.waiting.pop_front();
        query.result = waited_in_vain();
        complete(query);
    }
    while (const std::size_t keys = at.planner.leave(now, largest(at))) send(at, keys);
    look_later(at);
}

// A timer that nobody needs would keep a worker that stops.
void key_queries::look_later(lane& at) {
    const auto next = at.planner.next_look();
    if (!next && std::exchange(at.looks_at, time_point::max()) != time_point::max()) at.timer.cancel();
    if (!next || at.looks_at <= *next) return;
    at.looks_at = *next;
    at.timer.expires_at(*next);
    at.timer.async_wait([this, &at](const boost::system::error_code& stopped) {
        if (stopped) return;
        at.looks_at = time_point::max();
        look(at);
    });
}

// How many keys the next query may have.
std::size_t key_queries::largest(lane& at) {
    if (at.state == lane::form_state::known) return at.max_keys;
    if (at.state == lane::form_state::unknown && at.waiting.size() > 1) {
        at.state = lane::form_state::asked_for;
        auto ended = [](std::exception_ptr thrown) {
            if (thrown) spdlog::critical("asking PostgreSQL for a batch's form ended with an exception");
        };
        asio::co_spawn(executor_, derive(at), std::move(ended));
    }
    return 1;
}

asio::awaitable<void> key_queries::derive(lane& at) {
    at.form = co_await derive_batch(postgres_, at.source, steady_clock::now() + at.source.settings.fill_timeout);
    if (at.form.statement)
        at.state = lane::form_state::known;
    else if (at.form.is_final)
        refuse_batches(at, at.form.why_not);
    else
        at.state = lane::form_state::unknown;
    look(at);
}

void key_queries::refuse_batches(lane& at, const std::string& why) {
    at.state = lane::form_state::refused;
    spdlog::warn("mapping '{}': each key is filled by a query of its own, since one for several does not work: {}", at.source.settings.name,
                 why);
}

void key_queries::send(lane& at, std::size_t keys) {
    auto leaving = std::make_shared<departed>(departed{at, {}});
    leaving->keys.assign(at.waiting.begin(), at.waiting.begin() + static_cast<std::ptrdiff_t>(keys));
    at.waiting.erase(at.waiting.begin(), at.waiting.begin() + static_cast<std::ptrdiff_t>(keys));
    auto ended = [this, leaving](std::exception_ptr thrown) {
        if (!thrown) return;
        spdlog::critical("a query of mapping '{}' ended with an exception", leaving->home.source.settings.name);
        leaving->home.planner.answered(leaving->keys.size(), steady_clock::now() - leaving->left);
        for (key_query* const query : std::exchange(leaving->keys, {})) {
            query->result = failure{make_error_code(errc::cancelled), "internal error", {}};
            complete(*query);
        }
        look(leaving->home);
    };
    asio::co_spawn(executor_, fly(leaving), std::move(ended));
}

asio::awaitable<void> key_queries::fly(departed_pointer leaving) {
    lane& at = leaving->home;
    const std::size_t count = leaving->keys.size();
    if (count == 1) {
        key_query& only = *leaving->keys.front();
        co_await run_alone(only, only.asked + at.source.settings.fill_timeout);
    } else {
        const auto ran = co_await run_together(*leaving);
        if (ran.has_error() && one_key_may_cause(ran.error())) co_return split_up(*leaving, ran.error());
        if (ran.has_value()) at.faults = 0;
    }
    at.planner.answered(count, steady_clock::now() - leaving->left);
    for (key_query* const query : std::exchange(leaving->keys, {})) complete(*query);
    look(at);
}

asio::awaitable<void> key_queries::run_alone(key_query& query, time_point deadline) {
    const mapping& source = query.source;
    value_builder builder(source.settings.shape.value, limits_of(source));
    sink_of_session rows(builder, query.server);
    query.queried = steady_clock::now();
    stats_[source.index].fills.add();
    const auto ran = co_await postgres_.run(source.statement, query.parameters, rows, deadline);
    query.result = value_of(ran, builder);
}

asio::awaitable<outcome<void>> key_queries::run_together(departed& leaving) {
    const mapping& source = leaving.home.source;
    const postgres::statement what = *leaving.home.form.statement;
    const std::size_t count = leaving.keys.size();
    std::vector<std::string> arrays;
    std::vector<std::string_view> elements(count);
    for (std::size_t i = 0; i < source.parameters.size(); ++i) {
        for (std::size_t k = 0; k < count; ++k) elements[k] = leaving.keys[k]->parameters[i];
        arrays.push_back(array_literal(elements));
    }
    const std::vector<std::string_view> parameters(arrays.begin(), arrays.end());
    batch_rows rows(count, source.settings.shape.value, limits_of(source));
    const auto now = steady_clock::now();
    for (key_query* const query : leaving.keys) query->queried = now;
    mapping_stats& stats = stats_[source.index];
    stats.fills.add(count);
    stats.batches.add();
    stats.batched_keys.add(count);
    const auto ran = co_await postgres_.run(what, parameters, rows, now + source.settings.fill_timeout / 4);
    for (std::size_t k = 0; k < count; ++k) {
        leaving.keys[k]->server = rows.server();
        leaving.keys[k]->is_settled = rows.is_settled(k);
        leaving.keys[k]->result = rows.finish(k, ran);
    }
    co_return ran;
}

// Who passed a limit has its answer already.
void key_queries::split_up(departed& leaving, const failure& why) {
    lane& at = leaving.home;
    stats_[at.source.index].split_batches.add();
    auto keys = std::exchange(leaving.keys, {});
    const auto settled = std::partition(keys.begin(), keys.end(), [](const key_query* query) { return !query->is_settled; });
    auto of = std::make_shared<split>(split{why, static_cast<std::size_t>(settled - keys.begin()), settled != keys.end()});
    if (of->open == 0)
        at.planner.answered(keys.size(), steady_clock::now() - leaving.left);
    else
        at.planner.split(of->open);
    for (auto each = settled; each != keys.end(); ++each) complete(**each);
    for (auto each = keys.begin(); each != settled; ++each) {
        auto ended = [this, &at, query = *each](std::exception_ptr thrown) {
            if (!thrown) return;
            at.planner.answered(1, {});
            query->result = failure{make_error_code(errc::cancelled), "internal error", {}};
            complete(*query);
        };
        asio::co_spawn(executor_, run_again(at, **each, of), std::move(ended));
    }
    look(at);
}

asio::awaitable<void> key_queries::run_again(lane& at, key_query& query, std::shared_ptr<split> of) {
    const auto began = steady_clock::now();
    co_await run_alone(query, began + at.source.settings.fill_timeout);
    at.planner.answered(1, steady_clock::now() - began);
    if (query.result.has_error()) of->has_culprit = true;
    if (--of->open == 0 && !of->has_culprit && of->why.code != errc::timed_out && ++at.faults == most_faults)
        refuse_batches(at, of->why.detail);
    complete(query);
    look(at);
}

// Never from within the call that began it: hence the post.
void key_queries::complete(key_query& query) {
    auto resume = [done = std::move(query.done)]() mutable { std::move(done)(); };
    asio::post(executor_, std::move(resume));
}

}  // namespace respgres::proxy
