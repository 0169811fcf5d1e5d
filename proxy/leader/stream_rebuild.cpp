// The part of stream_leader that begins anew (consistency protocol 2.7).
#include "backends/postgres/replication/slot_commands.hpp"
#include "proxy/fills/lease_token.hpp"
#include "proxy/leader/leader_settings.hpp"
#include "proxy/leader/stream_leader.hpp"
#include "proxy/plants.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace respgres::proxy {

namespace asio = boost::asio;
using backends::errc;
using change_stream::lsn;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using namespace leader;

// Changes were missed, or nobody knows: every key that follows changes is dropped, and the stream begins anew (consistency protocol 2.7). Meanwhile the
// watermark promises nothing, so nothing is served from Redis and nothing is stored there.
asio::awaitable<stream_leader::outcome> stream_leader::rebuild() {
    news_.counted.rebuilds.add();
    spdlog::warn("drops all keys that follow changes: {}",
                 shard_.mark() ? "the slot does not hold what came since the watermark" : "Redis has no watermark");
    watermark next{server_name(), lease_token(), {}, {}};
    redis_failed_ = true;
    auto done = co_await shard_.write(next);
    redis_failed_ = false;
    if (done.has_error()) co_return done;
    postgres::session aside(executor_, session_for(settings_, "respgres rebuild", true));
    change_stream::snapshot shown;
    lsn from;
    done = co_await make_slot(aside, shown, from);
    if (done.has_value()) done = co_await wait_until_visible(std::move(shown));
    if (done.has_error()) co_return done;
    redis_failed_ = true;
    done = co_await shard_.purge();
    redis_failed_ = false;
    if (done.has_error()) co_return done;
    applied_.restart(from);
    co_return co_await stream_.start(from, limit());
}

// A new slot, and what its stream will not tell of: `shown` sees what was committed before it begins.
asio::awaitable<stream_leader::outcome> stream_leader::make_slot(postgres::session& aside, change_stream::snapshot& shown, lsn& from) {
    const std::string& name = settings_.freshness.slot.value;
    if (facts_.slot) {
        if (facts_.slot->plugin != "pgoutput" || facts_.slot->database != facts_.server.database)
            co_return failed(
                errc::server_error,
                "slot \"" + name + "\" is not ours: it is of another plugin or database; set another name in [freshness] slot");
        const auto dropped = co_await postgres::drop_slot(session_, name, limit());
        if (dropped.has_error()) co_return dropped.error();
    }
    auto made = co_await create_slot_patiently(name);
    if (made.has_error()) co_return made.error();
    from = made->consistent;
    const auto opened = co_await aside.open(limit());
    if (opened.has_error()) co_return opened.error();
    const std::string sql =
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '" + made->snapshot + "'; SELECT pg_current_snapshot(); COMMIT";
    const auto asked = co_await aside.query(sql, limit());
    if (asked.has_error()) co_return asked.error();
    auto parsed = change_stream::snapshot::parse(asked->at(0).at(0).value_or(""));
    if (!parsed) co_return failed(errc::protocol_error, "a snapshot that cannot be read");
    shown = std::move(*parsed);
    co_return outcome{};
}

// The server waits for every transaction that runs.
asio::awaitable<backends::outcome<postgres::created_slot>> stream_leader::create_slot_patiently(std::string name) {
    auto made = co_await postgres::create_slot(stream_.connection(), std::move(name), steady_clock::now() + slot_limit);
    if (made.has_error() && made.error().code == errc::timed_out) {
        auto waits = co_await postgres::sessions_in_the_way(session_, limit());
        std::string words = "a new slot waits for the transactions that run";
        if (waits.has_value())
            for (const auto& each : *waits)
                words += "; " + (each.pid == 0 ? "prepared transaction " : "process " + std::to_string(each.pid) + " ") + each.name +
                         (each.age.empty() ? "" : " since " + each.age);
        made = failed(errc::timed_out, std::move(words));
    }
    co_return made;
}

// A transaction can be committed in the log, before the slot's beginning, and not be visible yet to snapshots, nor to queries that fill keys. None is left when
// none runs of which `shown` has the effects.
asio::awaitable<stream_leader::outcome> stream_leader::wait_until_visible(change_stream::snapshot shown) {
    while (!stopping_ && !planted(plant::slot_without_visibility)) {
        const auto now = co_await postgres::take_fence(session_, limit());
        if (now.has_error()) co_return now.error();
        const auto is_shown = [&shown](std::uint64_t running) { return shown.sees(running); };
        const auto running = now->seen.running();
        if (std::none_of(running.begin(), running.end(), is_shown)) co_return outcome{};
        co_await pause(milliseconds(10));
    }
    co_return outcome{};
}

}  // namespace respgres::proxy
