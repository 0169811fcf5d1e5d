#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/replication/replication_stream.hpp"
#include "backends/postgres/session.hpp"
#include "conf/settings.hpp"
#include "proxy/leader/stream_pace.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

// The leader's pace, its limits and its connections.
namespace respgres::proxy::leader {

// Fences, keepalives and watermarks follow each other at this pace when nothing happens.
inline constexpr std::chrono::milliseconds period{25};
// Watermarks, each of which keeps the next deletions waiting for a round trip to Redis, are at least so far apart when much happens; so much longer they wait for a moment when
// nothing waits to be dropped.
inline constexpr std::chrono::milliseconds promise_period{4};
inline constexpr std::chrono::milliseconds promise_patience{2};
// How soon what is not visible yet is looked at again: at first, and when it is held up for long.
inline constexpr std::chrono::microseconds look_again{100};
inline constexpr std::chrono::microseconds look_again_at_last{10'000};
// When so many transactions come, they are gathered.
inline constexpr stream_pace::settings pace{5'000, std::chrono::microseconds(1'000)};
// Definitions are read again at most so often.
inline constexpr std::chrono::seconds rules_period{1};
// What the tables are, for explaining, is asked for at most so often while it is not known.
inline constexpr std::chrono::seconds facts_period{5};
// A session that is silent for so long is ended by the server, and with it a leader that hangs.
inline constexpr std::chrono::milliseconds longest_silence{1'500};
// How often who stands by tries, and who failed tries again; at last.
inline constexpr std::chrono::milliseconds try_period{200};
inline constexpr std::chrono::milliseconds longest_try_period{1'000};
// Of one statement or exchange.
inline constexpr std::chrono::milliseconds statement_limit{2'000};
// New slots wait for the transactions that run.
inline constexpr std::chrono::milliseconds slot_limit{10'000};
inline constexpr std::size_t transactions_at_once = 500;
// The log's end is written by a flush of our own when the stream waits for it for so long, at most so often.
inline constexpr std::chrono::milliseconds flush_after{40};
inline constexpr std::chrono::milliseconds flush_period{100};

inline postgres::session_settings session_for(const conf::settings& settings, const char* name, bool read_only) {
    postgres::session_settings to;
    to.url = settings.postgres.url.value;
    to.password = settings.postgres.password;
    to.connect_timeout = settings.postgres.connect_timeout;
    to.read_only = read_only;
    to.name = name;
    return to;
}

inline postgres::stream_settings stream_for(const conf::settings& settings) {
    postgres::stream_settings to;
    to.url = settings.postgres.url.value;
    to.password = settings.postgres.password;
    to.slot = settings.freshness.slot.value;
    to.publication = settings.freshness.publication.value;
    to.connect_timeout = settings.postgres.connect_timeout;
    to.server_timeout = longest_silence;
    return to;
}

inline backends::failure failed(backends::errc code, std::string words) {
    return {make_error_code(code), std::move(words), {}};
}

}  // namespace respgres::proxy::leader
