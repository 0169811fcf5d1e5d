#pragma once

#include "proxy/freshness/freshness_news.hpp"
#include "proxy/metrics/worker_stats.hpp"

#include <array>
#include <string_view>

namespace respgres::proxy {

// Every counter and gauge with its name and meaning: one row each. JSON, INFO text and Prometheus are made from these tables.
template <class Stats>
struct metric_row {
    std::string_view name;
    std::string_view help;
    backends::counter Stats::* count = nullptr;
    backends::gauge Stats::* level = nullptr;

    bool is_counter() const { return count != nullptr; }
    std::int64_t read(const Stats& stats) const {
        return is_counter() ? static_cast<std::int64_t>((stats.*count).get()) : (stats.*level).get();
    }
};

inline constexpr std::array front_rows{
    metric_row<front_stats>{"received", "Commands received from clients", &front_stats::commands},
    metric_row<front_stats>{"local", "Commands answered by the proxy itself", &front_stats::local},
    metric_row<front_stats>{"forwarded", "Commands sent to Redis unchanged, on keys of no mapping", &front_stats::forwarded},
    metric_row<front_stats>{"mapped", "Commands on at least one mapped key", &front_stats::mapped},
    metric_row<front_stats>{"refused", "Commands answered with an error of the proxy's own", &front_stats::refused},
    metric_row<front_stats>{"denied", "Commands refused for want of authentication or of permissions", &front_stats::denied},
    metric_row<front_stats>{"auth_failures", "Attempts to authenticate that failed", &front_stats::auth_failures},
    metric_row<front_stats>{"protocol_errors", "Connections closed because what came was no RESP", &front_stats::protocol_errors},
    metric_row<front_stats>{"tls_handshakes", "TLS handshakes with clients that were completed", &front_stats::tls_handshakes},
    metric_row<front_stats>{"tls_failures", "TLS handshakes with clients that failed or took too long", &front_stats::tls_failures},
};

inline constexpr std::array redis_rows{
    metric_row<redis::link_stats>{"connections", "Connections to Redis that are up", nullptr, &redis::link_stats::connections},
    metric_row<redis::link_stats>{"dedicated", "Connections to Redis that one client has for itself", nullptr,
                                  &redis::link_stats::dedicated},
    metric_row<redis::link_stats>{"in_flight", "Commands that wait for Redis' reply", nullptr, &redis::link_stats::in_flight},
    metric_row<redis::link_stats>{"commands", "Commands sent to Redis", &redis::link_stats::commands},
    metric_row<redis::link_stats>{"errors", "Commands that got no reply from Redis", &redis::link_stats::errors},
    metric_row<redis::link_stats>{"timeouts", "Connections to Redis broken because a reply took too long", &redis::link_stats::timeouts},
    metric_row<redis::link_stats>{"connects", "Connections made to Redis", &redis::link_stats::connects},
    metric_row<redis::link_stats>{"connect_failures", "Attempts to connect to Redis that failed", &redis::link_stats::connect_failures},
    metric_row<redis::link_stats>{"protocol_errors", "Connections to Redis closed because of a malformed reply",
                                  &redis::link_stats::protocol_errors},
    metric_row<redis::link_stats>{"sent_bytes", "Bytes sent to Redis", &redis::link_stats::bytes_sent},
    metric_row<redis::link_stats>{"received_bytes", "Bytes received from Redis", &redis::link_stats::bytes_received},
};

inline constexpr std::array near_rows{
    metric_row<near_stats>{"bytes", "Memory that the near cache takes", nullptr, &near_stats::bytes},
    metric_row<near_stats>{"keys", "Replies that the near cache holds", nullptr, &near_stats::keys},
    metric_row<near_stats>{"links", "Workers whose near cache Redis keeps up to date", nullptr, &near_stats::links},
    metric_row<near_stats>{"hits", "Reads that the near cache answered", &near_stats::hits},
    metric_row<near_stats>{"misses", "Reads that it could have answered but had no reply for", &near_stats::misses},
    metric_row<near_stats>{"bypasses", "Reads that went past it: not proved to be fresh, or behind a write of the same client",
                           &near_stats::bypasses},
    metric_row<near_stats>{"stores", "Replies that it took", &near_stats::stores},
    metric_row<near_stats>{"rejected_stores", "Replies that it did not take because the key was changed meanwhile",
                           &near_stats::rejected_stores},
    metric_row<near_stats>{"evictions", "Replies that made room for others", &near_stats::evictions},
    metric_row<near_stats>{"invalidations", "Replies dropped because Redis told that their key had changed", &near_stats::invalidations},
    metric_row<near_stats>{"clears", "Times that it was emptied: the connection was lost, or all keys were dropped", &near_stats::clears},
};

inline constexpr std::array postgres_rows{
    metric_row<postgres::pool_stats>{"connections", "Connections to PostgreSQL that are usable", nullptr,
                                     &postgres::pool_stats::connections},
    metric_row<postgres::pool_stats>{"in_flight", "Queries that PostgreSQL is running", nullptr, &postgres::pool_stats::in_flight},
    metric_row<postgres::pool_stats>{"waiting", "Fills that wait for a connection to PostgreSQL", nullptr, &postgres::pool_stats::waiting},
    metric_row<postgres::pool_stats>{"queries", "Queries started at PostgreSQL", &postgres::pool_stats::queries},
    metric_row<postgres::pool_stats>{"pipelined", "Of these, sent while another query ran on the connection",
                                     &postgres::pool_stats::pipelined},
    metric_row<postgres::pool_stats>{"made_way", "Queries that others waited behind, so that they were cancelled and run again alone",
                                     &postgres::pool_stats::made_way},
    metric_row<postgres::pool_stats>{"errors", "Queries that failed, time limits included", &postgres::pool_stats::errors},
    metric_row<postgres::pool_stats>{"timeouts", "Queries that passed their time limit", &postgres::pool_stats::timeouts},
    metric_row<postgres::pool_stats>{"cancels", "Cancel requests sent to PostgreSQL", &postgres::pool_stats::cancels},
    metric_row<postgres::pool_stats>{"connects", "Connections made to PostgreSQL", &postgres::pool_stats::connects},
    metric_row<postgres::pool_stats>{"connect_failures", "Attempts to connect to PostgreSQL that failed",
                                     &postgres::pool_stats::connect_failures},
};

inline constexpr std::array freshness_rows{
    metric_row<freshness_news::counters>{"transactions", "Transactions applied that touched a mapped table",
                                         &freshness_news::counters::transactions},
    metric_row<freshness_news::counters>{"rows", "Row changes in these transactions", &freshness_news::counters::rows},
    metric_row<freshness_news::counters>{"invalidated_keys", "Keys that changes dropped, whether or not Redis held them",
                                         &freshness_news::counters::invalidated_keys},
    metric_row<freshness_news::counters>{"wide_invalidations", "Times that changes dropped all keys of a mapping",
                                         &freshness_news::counters::wide},
    metric_row<freshness_news::counters>{"coalesced", "Times that a transaction's drop of a mapping was put off to be one with others",
                                         &freshness_news::counters::coalesced},
    metric_row<freshness_news::counters>{"fences", "Snapshots asked for", &freshness_news::counters::fences},
    metric_row<freshness_news::counters>{"held_back", "Times that a transaction was streamed but not visible yet",
                                         &freshness_news::counters::held_back},
    metric_row<freshness_news::counters>{"terms", "Times that this process began to lead", &freshness_news::counters::terms},
    metric_row<freshness_news::counters>{"rebuilds", "Times that all keys were dropped because changes were missed",
                                         &freshness_news::counters::rebuilds},
};

inline constexpr std::array rule_rows{
    metric_row<rule_stats>{"drops", "Times that a rule dropped keys: for each command, for notifications that came together",
                           &rule_stats::drops},
    metric_row<rule_stats>{"failures", "Of these, those that Redis did not acknowledge", &rule_stats::failures},
    metric_row<rule_stats>{"notifications", "Notifications of PostgreSQL received", &rule_stats::notifications},
    metric_row<rule_stats>{"not_understood", "Of these, those whose payload has another form or is no mapped key",
                           &rule_stats::not_understood},
    metric_row<rule_stats>{"listens", "Whether notifications of PostgreSQL are received", nullptr, &rule_stats::listens},
};

inline constexpr std::array mapping_rows{
    metric_row<mapping_stats>{"hits", "Reads of mapped keys that Redis or the near cache answered", &mapping_stats::hits},
    metric_row<mapping_stats>{"misses", "Reads of mapped keys that Redis did not hold", &mapping_stats::misses},
    metric_row<mapping_stats>{"negative_hits", "Misses answered by a remembered 'no row'", &mapping_stats::negative_hits},
    metric_row<mapping_stats>{"fills", "Times that PostgreSQL was asked for a key", &mapping_stats::fills},
    metric_row<mapping_stats>{"batches", "Queries that asked for several keys at once", &mapping_stats::batches},
    metric_row<mapping_stats>{"batched_keys", "Keys that these queries asked for", &mapping_stats::batched_keys},
    metric_row<mapping_stats>{"split_batches", "Of these queries, those that failed and were run again for each key",
                              &mapping_stats::split_batches},
    metric_row<mapping_stats>{"fill_errors", "Fills that failed", &mapping_stats::fill_errors},
    metric_row<mapping_stats>{"fill_timeouts", "Fills that passed fill_timeout", &mapping_stats::fill_timeouts},
    metric_row<mapping_stats>{"joined", "Reads that waited for a fill begun by another read", &mapping_stats::joined},
    metric_row<mapping_stats>{"lease_waits", "Fills that waited because another proxy or worker held the lease",
                              &mapping_stats::lease_waits},
    metric_row<mapping_stats>{"rejected_stores", "Values not stored because the key was invalidated meanwhile",
                              &mapping_stats::rejected_stores},
    metric_row<mapping_stats>{"bypasses", "Fills answered but not stored: Redis could not be asked, or be proved to be fresh",
                              &mapping_stats::bypasses},
    metric_row<mapping_stats>{"refreshes", "Fills in the background, ahead of expiry or while stale", &mapping_stats::refreshes},
    metric_row<mapping_stats>{"stale_served", "Hits past the TTL (stale_while_revalidate) or not proved to be fresh (unproven)",
                              &mapping_stats::stale_served},
    metric_row<mapping_stats>{"invalid_captures", "Reads of keys whose captures do not convert", &mapping_stats::invalid_captures},
    metric_row<mapping_stats>{"refused_writes", "Writes refused because PostgreSQL is the source", &mapping_stats::refused_writes},
    metric_row<mapping_stats>{"writes", "Writes to keys whose primary is Redis", &mapping_stats::writes},
    metric_row<mapping_stats>{"invalidations", "Keys dropped by DEL, UNLINK or PROXY INVALIDATE", &mapping_stats::invalidations},
    metric_row<mapping_stats>{"audit_verified", "Audited reads that Redis and PostgreSQL answer alike", &mapping_stats::audit_verified},
    metric_row<mapping_stats>{"audit_violations", "Audited reads whose value in Redis a change should have dropped",
                              &mapping_stats::audit_violations},
    metric_row<mapping_stats>{"audit_gone", "Audits without a verdict: the key changed or went meanwhile", &mapping_stats::audit_gone},
    metric_row<mapping_stats>{"audit_failed", "Audits without a verdict: Redis, PostgreSQL or the watermark did not come in time",
                              &mapping_stats::audit_failed},
    metric_row<mapping_stats>{"near_hits", "Hits that the near cache answered", &mapping_stats::near_hits},
    metric_row<mapping_stats>{"filled_bytes", "Payload of the values that fills made", &mapping_stats::filled_bytes},
};

}  // namespace respgres::proxy
