#include "proxy/audit/auditor.hpp"

#include "backends/net/as_values.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "protocol/http/json_text.hpp"
#include "proxy/audit/held_value.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/lease_scripts.hpp"
#include "proxy/fills/lease_token.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/fills/sink_of_session.hpp"
#include "proxy/invalidations/mapped_key.hpp"
#include "proxy/values/value_builder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <exception>
#include <optional>
#include <span>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The longest that one audit waits for the watermark. Its lease outlives that, and lapses should the proxy die.
constexpr milliseconds longest_audit{5'000};
constexpr std::string_view lease_ms = "6000";
constexpr milliseconds poll_period{10};
constexpr int most_leases = 3;

// Keeps the one text of a result.
class text_sink final : public postgres::row_sink {
public:
    void on_columns(std::span<const postgres::column>) override {}
    bool on_row(postgres::row_view row) override {
        if (!row.empty() && row[0]) text.assign(*row[0]);
        return true;
    }

    std::string text;
};

const postgres::statement& position_statement() {
    static const postgres::statement asked{"respgres_log_position", "SELECT pg_current_wal_insert_lsn()"};
    return asked;
}

std::optional<watermark> mark_of(const redisReply& reply) {
    return reply.type == REDIS_REPLY_STRING ? parse_watermark(redis::text_of(reply)) : std::nullopt;
}

}  // namespace

struct auditor::audit {
    audit(const mapping& read_of, std::string_view read, const captures& found)
        : source(read_of), key(read), lease(lease_name(read)), deadline(steady_clock::now() + longest_audit) {
        for (const std::size_t index : read_of.parameters) parameters.emplace_back(found.values[index]);
    }

    const mapping& source;
    std::string key;
    std::string lease;
    std::string token;                     // in the lease
    std::vector<std::string> parameters;
    time_point deadline;
    audit_answer answer;                   // that the last look was judged by
    std::string mark;                      // that the last look found
};

// What Redis holds.
struct auditor::held_key {
    // nullopt: Redis could not say.
    static std::optional<held_key> read(conf::shape shape, const redisReply& reply) {
        auto whole = held_value(shape, reply);
        if (!whole && !is_other_type(reply)) return std::nullopt;
        return held_key{std::move(whole)};
    }

    bool is_gone() const { return what && is_absent(*what); }
    bool is_same_as(const value& other) const { return what && is_same(*what, other); }

    std::optional<value> what;             // nullopt: what no fill stores, by its type
};

// What the query gives, and when.
struct auditor::known_rows {
    value filled;
    audit_answer at;
};

auditor::auditor(asio::any_io_executor executor, redis::sender& redis, postgres::pool& postgres, std::vector<mapping_stats>& stats,
                 audit_settings settings)
    : executor_(std::move(executor)),
      sender_(redis),
      redis_(redis),
      postgres_(postgres),
      stats_(stats),
      mark_(std::move(settings.mark)),
      bucket_(settings.per_second) {}

auditor::~auditor() = default;

void auditor::refill(time_point now) {
    bucket_.refill(now);
    set_ready();
}

void auditor::stop() {
    is_stopped_ = true;
    set_ready();
}

void auditor::set_ready() {
    is_ready_ = bucket_.has_one() && !is_busy_ && !is_stopped_;
}

void auditor::take(const mapping& source, std::string_view key) {
    if (!source.settings.audit || postgres_.stats().waiting.get() > 0) return;
    captures found;
    if (!source.pattern.match(key, found) || found.invalid != nullptr || !is_canonical(source.pattern, found)) return;
    bucket_.take();
    is_busy_ = true;
    set_ready();
    auto begun = std::make_shared<audit>(source, key, found);
    auto done = [this, begun](std::exception_ptr thrown) {
        if (thrown) {
            spdlog::critical("an audit of mapping '{}' ended with an exception", begun->source.settings.name);
            count(*begun, ending::failed);
        }
        is_busy_ = false;
        set_ready();
    };
    asio::co_spawn(executor_, run(begun), std::move(done));
}

asio::awaitable<void> auditor::run(audit_pointer a) {
    const ending how = co_await compare(*a);
    count(*a, how);
}

void auditor::count(const audit& a, ending how) {
    mapping_stats& stats = stats_[a.source.index];
    switch (how) {
        case ending::verified: return stats.audit_verified.add();
        case ending::violation: return stats.audit_violations.add();
        case ending::gone:
        case ending::changed: return stats.audit_gone.add();
        case ending::failed: return stats.audit_failed.add();
    }
}

// Redis first: a key that is gone costs no query.
asio::awaitable<auditor::ending> auditor::compare(audit& a) {
    const conf::shape shape = a.source.settings.shape.value;
    const redis::arguments words = read_whole(shape, a.key);
    auto reply = co_await redis_.call(words);
    if (reply.has_error()) co_return ending::failed;
    const auto held = held_key::read(shape, *reply.value());
    if (!held) co_return ending::failed;
    if (held->is_gone()) co_return ending::gone;
    auto rows = co_await ask_postgres(a);
    if (rows.has_error()) co_return ending::failed;
    if (held->is_same_as(rows.value().filled)) co_return ending::verified;
    co_return co_await compare_closely(a);
}

asio::awaitable<auditor::ending> auditor::compare_closely(audit& a) {
    for (int leases = 0; leases < most_leases; ++leases) {
        const ending how = co_await compare_with_lease(a);
        if (how != ending::changed) co_return how;
        co_await pause();
    }
    co_return ending::changed;
}

asio::awaitable<auditor::ending> auditor::compare_with_lease(audit& a) {
    a.token = lease_token();
    const redis::arguments take{"SET", a.lease, a.token, "NX", "PX", lease_ms};
    auto taken = co_await redis_.call(take);
    if (taken.has_error() || redis::is_error(taken.value())) co_return ending::failed;
    if (redis::is_nil(taken.value())) co_return ending::changed;   // a fill is under way
    const ending how = co_await watch(a);
    if (how == ending::violation) {
        report(a);
        co_await drop(a);
        co_return how;
    }
    const redis::arguments give_back{"1", a.lease, a.token};
    co_await run_script(redis_, lease_scripts::release_script(), give_back);
    co_return how;
}

// With the lease: runs the query, then looks at Redis until the difference is gone or proved to be wrong.
asio::awaitable<auditor::ending> auditor::watch(audit& a) {
    const conf::shape shape = a.source.settings.shape.value;
    auto rows = co_await ask_postgres(a);
    if (rows.has_error()) co_return ending::failed;
    a.answer = rows.value().at;
    const redis::arguments get_mark{"GET", mark_};
    const redis::arguments get_lease{"GET", a.lease};
    const std::vector<redis::arguments> questions{get_mark, read_whole(shape, a.key), get_lease};
    while (!is_stopped_ && steady_clock::now() < a.deadline) {
        auto replies = co_await redis_.call_all(questions);
        if (replies.has_error()) co_return ending::failed;
        const auto held = held_key::read(shape, *replies.value()[1]);
        if (!held) co_return ending::failed;
        audit_look look;
        look.mark = mark_of(*replies.value()[0]);
        look.is_gone = held->is_gone();
        look.is_equal = held->is_same_as(rows.value().filled);
        look.has_lease = redis::text_of(*replies.value()[2]) == a.token;
        a.mark = redis::text_of(*replies.value()[0]);
        switch (judge_look(look, a.answer)) {
            case judgement::verified: co_return ending::verified;
            case judgement::gone: co_return ending::gone;
            case judgement::changed: co_return ending::changed;
            case judgement::violation: co_return ending::violation;
            case judgement::wait: break;
        }
        co_await pause();
    }
    co_return ending::failed;
}

// The position is asked behind the query, in a statement of its own: then all that the query saw was written before it. Both must come
// from the same server.
asio::awaitable<outcome<auditor::known_rows>> auditor::ask_postgres(audit& a) {
    const auto& mapping = a.source.settings;
    const std::vector<std::string_view> parameters(a.parameters.begin(), a.parameters.end());
    const value_builder::limits limits{mapping.max_rows, mapping.max_bytes};
    value_builder builder(mapping.shape.value, limits);
    known_rows known;
    sink_of_session rows(builder, known.at.server);
    const auto deadline = steady_clock::now() + mapping.fill_timeout;
    auto ran = co_await postgres_.run(a.source.statement, parameters, rows, deadline);
    if (ran.has_error()) co_return ran.error();
    if (!builder.problem().empty()) co_return failure{make_error_code(errc::result_too_large), builder.problem(), {}};
    known.filled = builder.finish();
    text_sink position;
    std::string server;
    sink_of_session position_rows(position, server);
    const std::span<const std::string_view> none;
    auto asked = co_await postgres_.run(position_statement(), none, position_rows, deadline);
    if (asked.has_error()) co_return asked.error();
    const auto inserted = change_stream::parse_lsn(position.text);
    if (!inserted || server.empty() || server != known.at.server)
        co_return failure{make_error_code(errc::server_error), "the servers of two statements differ", {}};
    known.at.position = change_stream::without_page_header(*inserted);
    co_return known;
}

asio::awaitable<void> auditor::pause() {
    asio::steady_timer timer(executor_);
    timer.expires_after(poll_period);
    co_await timer.async_wait(net::as_values);
}

// Should it fail, the next audit of the key finds it again.
asio::awaitable<void> auditor::drop(audit& a) {
    const std::span<const std::string> one(&a.key, 1);
    std::string commands;
    const std::size_t replies = append_drop(commands, one);
    co_await redis::exchange(sender_, std::move(commands), replies);
}

void auditor::report(const audit& a) {
    if (!violations_.allows(steady_clock::now())) return;
    std::string key;
    protocol::append_json_string(key, a.key);
    spdlog::warn(
        "audit: mapping '{}': the key {} was wrong in Redis, although all changes before {} had been applied (watermark {}); it is "
        "dropped{}",
        a.source.settings.name, key, change_stream::to_string(a.answer.position), a.mark, violations_.suffix());
}

}  // namespace respgres::proxy
