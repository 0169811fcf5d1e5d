#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/explanation_reply.hpp"
#include "proxy/commands/invalidation.hpp"
#include "proxy/commands/local_commands.hpp"
#include "proxy/fills/fill_policy.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/metrics/stats_report.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <array>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using protocol::equals_ignoring_case;
using protocol::reply_writer;
using protocol::resp_version;

// --- PROXY -----------------------------------------------------------------------------------------------------------------------

void help(local_call& call) {
    constexpr std::array<std::string_view, 18> lines{
        "PROXY <subcommand> [<arg> ...]. Subcommands are:",
        "AFTER <lsn>",
        "    Later reads on this connection contain what was committed before it:",
        "    SELECT pg_current_wal_insert_lsn() behind the COMMIT. 0/0 ends it.",
        "EXPLAIN <key>",
        "    What the proxy does for a mapped key: its query, and which changes drop it.",
        "HELP",
        "    Print this help.",
        "INVALIDATE <pattern>",
        "    Drop the mapped keys that match the glob-style pattern; returns how many were there.",
        "    With wildcards the whole database is scanned.",
        "MAPPINGS",
        "    The mappings: name, key pattern, shape, TTL and source of each.",
        "META <key>",
        "    What is known of a mapped key: its mapping, state, age and remaining TTL.",
        "STATS",
        "    Counters of this proxy, as INFO prints them.",
        "    The same as JSON: GET /stats of the admin endpoint.",
    };
    call.out.array(lines.size());
    for (const std::string_view line : lines) call.out.simple(line);
}

void after(local_call& call) {
    if (call.services.settings.freshness.source.value != conf::freshness_source::replication)
        return call.out.error("ERR PROXY AFTER needs [freshness] source = \"replication\"");
    const auto position = change_stream::parse_lsn(call.words[2]);
    if (!position) return call.out.error("ERR not a log position; write it as pg_current_wal_insert_lsn() tells it, such as 16/B374D848");
    call.client.set_after(*position);
    call.services.fills.has_seen(*position);
    call.out.simple("OK");
}

void stats(local_call& call) {
    call.out.verbatim(stats_text(call.services.hub));
}

void field(reply_writer& out, std::string_view name, std::string_view text) {
    out.bulk(name);
    out.bulk(text);
}

void field(reply_writer& out, std::string_view name, std::int64_t number) {
    out.bulk(name);
    out.integer(number);
}

void mappings(local_call& call) {
    const auto& all = call.services.mappings.all();
    call.out.array(all.size());
    for (const auto& m : all) {
        const auto& settings = m->settings;
        call.out.map(6);
        field(call.out, "name", settings.name);
        field(call.out, "key", settings.key.value);
        field(call.out, "shape", conf::to_string(settings.shape.value));
        field(call.out, "primary", conf::to_string(settings.primary.value));
        field(call.out, "ttl_ms", settings.ttl.value.count());
        field(call.out, "negative_ttl_ms", settings.negative_ttl.count());
    }
}

void explain(local_call& call) {
    append_explanation(call.out, call.services, call.words[2]);
}

// PTTL of the key and of its tombstone, and whether a fill holds the lease.
struct key_state {
    long long left = -2;
    long long absent_left = -2;
    bool filling = false;

    std::string_view name(const conf::mapping_settings& settings) const {
        if (left >= 0) return left < settings.stale_while_revalidate.count() ? "stale" : "fresh";
        if (left == -1) return "fresh";      // no expiry: written past the proxy
        if (absent_left >= 0) return "no row";
        return filling ? "filling" : "not cached";
    }
};

asio::awaitable<backends::outcome<key_state>> look_at(redis::client& redis, const std::string& key) {
    const std::string lease = lease_name(key);
    const std::string tombstone = tombstone_name(key);
    const std::vector<redis::arguments> questions{{"PTTL", key}, {"PTTL", tombstone}, {"EXISTS", lease}};
    auto answers = co_await redis.call_all(questions);
    if (answers.has_error()) co_return answers.error();
    key_state state;
    state.left = answers.value()[0]->integer;
    state.absent_left = answers.value()[1]->integer;
    state.filling = answers.value()[2]->integer == 1;
    co_return state;
}

std::string_view freshness_of(const mapping& source, const drop_rules& rules) {
    if (source.follows_changes) return "replication";
    return rules.listens_for(source.index) ? "notify" : "ttl";
}

asio::awaitable<std::string> meta_task(worker_services& services, std::string key, resp_version version) {
    std::string text;
    reply_writer out(text, version);
    captures found;
    const mapping* source = services.mappings.find(key, found);
    if (source == nullptr) {
        out.error(unmapped_text(key));
        co_return text;
    }
    if (found.invalid != nullptr) {
        out.error(invalid_capture_text(key, found));
        co_return text;
    }
    auto state = co_await look_at(services.redis, key);
    if (state.has_error()) {
        out.error(redis_failure_text(state.error(), false));
        co_return text;
    }
    const auto& settings = source->settings;
    const auto left = state.value().left;
    // A write sets the TTL anew where Redis is primary, so the age is that of the last write.
    const auto age = left >= 0 ? expiry_of(settings, key).count() - left : -1;
    const link_gate& gate = services.gates.home();
    const auto now = std::chrono::steady_clock::now();
    const auto bound = source->follows_changes ? source->age_bound() : settings.ttl.value + settings.stale_while_revalidate;
    out.map(source->follows_changes ? 10 : 8);
    field(out, "mapping", settings.name);
    field(out, "state", state.value().name(settings));
    field(out, "primary", conf::to_string(settings.primary.value));
    field(out, "shape", conf::to_string(settings.shape.value));
    field(out, "age_ms", std::max<std::int64_t>(age, -1));
    field(out, "ttl_ms", left >= 0 ? left : state.value().absent_left >= 0 ? state.value().absent_left : left);
    field(out, "freshness", freshness_of(*source, services.drops.rules()));
    field(out, "bound_ms", bound.count());
    if (source->follows_changes) {
        const auto why = gate.why(now, source->bound);
        const auto lag = services.gates.news().age(now);
        field(out, "lag_ms", lag ? std::chrono::duration_cast<std::chrono::milliseconds>(*lag).count() : -1);
        field(out, "proof", to_string(why));
    }
    co_return text;
}

void meta(local_call& call) {
    call.later = meta_task(call.services, std::string(call.words[2]), call.client.version());
}

asio::awaitable<std::string> invalidate_task(worker_services& services, std::string glob, resp_version version) {
    auto dropped = co_await invalidate_matching(services, std::move(glob));
    std::string text;
    reply_writer out(text, version);
    if (dropped.has_value())
        out.integer(static_cast<std::int64_t>(dropped.value()));
    else if (dropped.error().code == backends::errc::server_error)
        out.error(dropped.error().detail);
    else
        out.error(redis_failure_text(dropped.error(), true));
    co_return text;
}

void invalidate(local_call& call) {
    call.later = invalidate_task(call.services, std::string(call.words[2]), call.client.version());
}

void proxy(local_call& call) {
    call.out.error(protocol::unknown_command_error(call.words));
}

// --- INFO ------------------------------------------------------------------------------------------------------------------------

// The text of a bulk or verbatim reply; empty for anything else.
std::string_view text_of_reply(std::string_view reply) {
    const auto line = reply.find("\r\n");
    if (line == std::string_view::npos || (reply[0] != '$' && reply[0] != '=')) return {};
    std::string_view text = reply.substr(line + 2);
    text.remove_suffix(2);
    if (reply[0] == '=') text.remove_prefix(std::string_view("txt:").size());
    return text;
}

// What clients need to hear before they go on, when Redis cannot be asked.
std::string own_info(const worker_services& services) {
    const std::string& version = services.links.home().server_version();
    return "# Server\r\nredis_version:" + (version.empty() ? std::string("7.0.15") : version) +
           "\r\nredis_mode:standalone\r\n\r\n# Persistence\r\nloading:0\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
}

asio::awaitable<std::string> info_task(worker_services& services, session& client, std::string command, bool with_proxy, bool proxy_only) {
    const resp_version version = client.version();
    std::string text;
    reply_writer out(text, version);
    const std::string own = "# Proxy\r\n" + stats_text(services.hub);
    if (proxy_only) {
        out.verbatim(own);
        co_return text;
    }
    redis::link& link = links_of(services, client).get(client.database(), version);
    auto answer = co_await redis::exchange(link, std::move(command), 1);
    std::string info(answer.has_value() ? text_of_reply(answer.value().front()) : own_info(services));
    if (answer.has_value() && (info.empty() || !with_proxy)) co_return std::move(answer.value().front());
    if (with_proxy) info.append("\r\n").append(own);
    out.verbatim(info);
    co_return text;
}

// INFO is Redis' own, with a section "Proxy" behind it where sections are asked for that include everything.
void info(local_call& call) {
    const auto sections = call.words.subspan(1);
    const auto asks_for = [sections](std::string_view name) {
        return std::any_of(sections.begin(), sections.end(), [name](std::string_view s) { return equals_ignoring_case(s, name); });
    };
    const bool asks_proxy = asks_for("proxy");
    const bool with_proxy = sections.empty() || asks_proxy || asks_for("default") || asks_for("all") || asks_for("everything");
    std::string command;
    protocol::append_command(command, call.words);
    call.later = info_task(call.services, call.client, std::move(command), with_proxy, asks_proxy && sections.size() == 1);
}

constexpr std::array rows{
    local_row{"info", info},
    local_row{"proxy", proxy},
    local_row{"proxy|after", after},
    local_row{"proxy|explain", explain},
    local_row{"proxy|help", help},
    local_row{"proxy|invalidate", invalidate},
    local_row{"proxy|mappings", mappings},
    local_row{"proxy|meta", meta},
    local_row{"proxy|stats", stats},
};

}  // namespace

std::span<const local_row> proxy_commands() {
    return rows;
}

}  // namespace respgres::proxy
