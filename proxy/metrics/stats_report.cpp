#include "proxy/metrics/stats_report.hpp"

#include "protocol/http/json_text.hpp"
#include "proxy/metrics/stats_snapshot.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace respgres::proxy {

namespace {

std::string decimal(double number) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.3f", number);
    return text.data();
}

// Three digits, however small: "0.00123", "1e-06".
std::string small_decimal(double number) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.3g", number);
    return text.data();
}

// A JSON object under construction.
class json_object {
public:
    json_object& text(std::string_view name, std::string_view value) {
        begin(name);
        protocol::append_json_string(out_, value);
        return *this;
    }
    json_object& raw(std::string_view name, std::string_view value) {
        begin(name);
        out_.append(value);
        return *this;
    }
    json_object& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
    json_object& values(const metric_values& all) {
        for (const metric_value& v : all) number(v.name, v.value);
        return *this;
    }
    std::string done() { return std::move(out_.append(empty_ ? "{}" : "}")); }

private:
    void begin(std::string_view name) {
        out_ += empty_ ? '{' : ',';
        empty_ = false;
        protocol::append_json_string(out_, name);
        out_ += ':';
    }

    std::string out_;
    bool empty_ = true;
};

std::optional<double> hit_rate(const mapping_snapshot& m) {
    const auto reads = m.get("hits") + m.get("misses");
    if (reads == 0) return std::nullopt;
    return static_cast<double>(m.get("hits")) / static_cast<double>(reads);
}

std::string latency_json(const mapping_snapshot& m) {
    const auto count = m.latency_count();
    const double mean = count == 0 ? 0 : m.latency_sum_seconds / static_cast<double>(count);
    json_object object;
    object.number("count", static_cast<std::int64_t>(count)).raw("mean", decimal(mean * 1e3));
    object.raw("p50", decimal(m.latency_quantile_seconds(0.5) * 1e3)).raw("p95", decimal(m.latency_quantile_seconds(0.95) * 1e3));
    return object.raw("p99", decimal(m.latency_quantile_seconds(0.99) * 1e3)).done();
}

std::string freshness_json(const stats_snapshot& s) {
    json_object object;
    object.values(s.freshness).raw("upper_95", s.audit_bound ? small_decimal(*s.audit_bound) : "null");
    return object.text("problem", s.freshness_problem).done();
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(":").append(value).append("\r\n");
}

std::string without_line_ends(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

void append_lines(std::string& out, std::string_view prefix, const metric_values& values) {
    for (const metric_value& v : values) append_line(out, std::string(prefix).append(v.name), std::to_string(v.value));
}

}  // namespace

std::string stats_json(const stats_hub& hub) {
    const stats_snapshot s = take_snapshot(hub);
    json_object clients;
    clients.number("connected", static_cast<std::int64_t>(s.clients_connected))
        .number("accepted", static_cast<std::int64_t>(s.clients_accepted));
    clients.number("rejected", static_cast<std::int64_t>(s.clients_rejected));
    json_object memory;
    memory.number("resident_bytes", s.resident_bytes).number("client_buffer_bytes", s.client_buffer_bytes);
    json_object mappings;
    for (const mapping_snapshot& m : s.mappings) {
        const auto rate = hit_rate(m);
        json_object one;
        one.values(m.values).raw("hit_rate", rate ? decimal(*rate) : "null").raw("fill_latency_ms", latency_json(m));
        mappings.raw(m.name, one.done());
    }
    json_object all;
    all.text("version", RESPGRES_VERSION)
        .raw("uptime_seconds", decimal(s.uptime_seconds))
        .number("workers", static_cast<std::int64_t>(hub.workers.size()));
    all.raw("clients", clients.done()).raw("commands", json_object().values(s.commands).done());
    all.raw("redis", json_object().text("address", hub.redis_address).values(s.redis).done());
    all.raw("near", json_object().values(s.near).done());
    all.raw("postgres", json_object().text("address", hub.postgres_address).values(s.postgres).done());
    if (!s.freshness.empty()) all.raw("freshness", freshness_json(s));
    if (!s.rules.empty()) all.raw("rules", json_object().values(s.rules).done());
    return all.raw("memory", memory.done()).raw("mappings", mappings.done()).done() + "\n";
}

std::string stats_text(const stats_hub& hub) {
    const stats_snapshot s = take_snapshot(hub);
    std::string out;
    append_line(out, "proxy_version", RESPGRES_VERSION);
    append_line(out, "proxy_uptime_seconds", std::to_string(static_cast<std::int64_t>(s.uptime_seconds)));
    append_line(out, "proxy_workers", std::to_string(hub.workers.size()));
    append_line(out, "proxy_clients_connected", std::to_string(s.clients_connected));
    append_line(out, "proxy_clients_rejected", std::to_string(s.clients_rejected));
    append_line(out, "proxy_resident_bytes", std::to_string(s.resident_bytes));
    append_lines(out, "proxy_commands_", s.commands);
    append_lines(out, "proxy_redis_", s.redis);
    append_lines(out, "proxy_near_", s.near);
    append_lines(out, "proxy_postgres_", s.postgres);
    append_lines(out, "proxy_freshness_", s.freshness);
    append_lines(out, "proxy_rules_", s.rules);
    if (s.audit_bound) append_line(out, "proxy_freshness_upper_95", small_decimal(*s.audit_bound));
    if (!s.freshness_problem.empty()) append_line(out, "proxy_freshness_problem", without_line_ends(s.freshness_problem));
    for (const mapping_snapshot& m : s.mappings) {
        std::string values;
        for (const metric_value& v : m.values)
            values.append(values.empty() ? "" : ",").append(v.name).append("=").append(std::to_string(v.value));
        const auto rate = hit_rate(m);
        if (rate) values.append(",hit_rate=").append(decimal(*rate));
        append_line(out, "mapping_" + m.name, values);
    }
    return out;
}

}  // namespace respgres::proxy
