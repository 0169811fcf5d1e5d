#include "proxy/metrics/stats_report.hpp"
#include "proxy/metrics/metric_rows.hpp"

#include "tests/unit/proxy/metrics/hub.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace respgres::proxy {

namespace {

using namespace std::chrono_literals;

// One line of the Prometheus text format: name{label="value",...} number.
struct sample {
    std::string name;
    std::map<std::string, std::string> labels;
    double number = 0;
};

sample parse_sample(const std::string& line) {
    sample made;
    const auto end_of_name = line.find_first_of("{ ");
    REQUIRE(end_of_name != std::string::npos);
    made.name = line.substr(0, end_of_name);
    std::size_t at = end_of_name;
    if (line[at] == '{') {
        ++at;
        while (line[at] != '}') {
            const auto equals = line.find("=\"", at);
            REQUIRE(equals != std::string::npos);
            const auto close = line.find('"', equals + 2);   // our labels hold no quotes
            REQUIRE(close != std::string::npos);
            made.labels[line.substr(at, equals - at)] = line.substr(equals + 2, close - equals - 2);
            at = close + (line[close + 1] == ',' ? 2 : 1);
        }
        ++at;
    }
    REQUIRE(line[at] == ' ');
    std::size_t used = 0;
    made.number = std::stod(line.substr(at + 1), &used);
    REQUIRE(at + 1 + used == line.size());
    return made;
}

struct exposition {
    std::map<std::string, std::string> types;
    std::set<std::string> helped;
    std::vector<sample> samples;

    const sample* find(const std::string& name, const std::map<std::string, std::string>& labels = {}) const {
        for (const sample& one : samples)
            if (one.name == name && one.labels == labels) return &one;
        return nullptr;
    }
    double number(const std::string& name, const std::map<std::string, std::string>& labels = {}) const {
        const sample* const found = find(name, labels);
        INFO(name);
        REQUIRE(found != nullptr);
        return found->number;
    }
};

exposition parse(const std::string& text) {
    exposition all;
    REQUIRE(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        std::istringstream words(line);
        std::string hash, kind, name, rest;
        if (!line.starts_with('#')) {
            all.samples.push_back(parse_sample(line));
            continue;
        }
        words >> hash >> kind >> name >> rest;
        REQUIRE((kind == "HELP" || kind == "TYPE"));
        if (kind == "HELP")
            REQUIRE(all.helped.insert(name).second);
        else
            REQUIRE(all.types.emplace(name, rest).second);   // a family comes once
    }
    return all;
}

std::string family_of(std::string name, const exposition& all) {
    for (const char* suffix : {"_bucket", "_sum", "_count"})
        if (name.ends_with(suffix) && !all.types.contains(name)) name.resize(name.size() - std::string(suffix).size());
    return name;
}

}  // namespace

TEST_CASE("stats_json: is JSON with the promised members, and adds up the workers", "[proxy]") {
    tests::hub_fixture f;
    f.a.front.commands.add(3);
    f.b.front.commands.add(4);
    f.a.redis.connections.add(1);
    f.b.redis.connections.add(2);
    f.pool.queries.add(9);
    f.a.mappings[0].hits.add(30);
    f.b.mappings[0].hits.add(40);
    f.b.mappings[0].misses.add(30);
    f.a.mappings[0].fill_latency.add(7ms);
    f.a.front.buffer_bytes.set(100);
    f.b.front.buffer_bytes.set(11);
    const auto client = f.clients.admit({});

    const auto json = nlohmann::json::parse(stats_json(f.hub));

    CHECK(json.at("version") == RESPGRES_VERSION);
    CHECK(json.at("uptime_seconds").get<double>() >= 0);
    CHECK(json.at("workers") == 2);
    CHECK(json.at("clients") == nlohmann::json{{"connected", 1}, {"accepted", 1}, {"rejected", 0}});
    CHECK(json.at("commands").at("received") == 7);
    CHECK(json.at("redis").at("connections") == 3);
    CHECK(json.at("redis").at("address") == "127.0.0.1:6379");
    CHECK(json.at("postgres").at("queries") == 9);
    CHECK(json.at("postgres").at("address") == "127.0.0.1:5432/\"betting\"");
    CHECK(json.at("memory").at("client_buffer_bytes") == 111);
    CHECK(json.at("memory").at("resident_bytes").get<std::int64_t>() > 100'000);
    const auto& mapping = json.at("mappings").at("m0");
    CHECK(mapping.at("hits") == 70);
    CHECK(mapping.at("hit_rate").get<double>() == Approx(0.7));
    CHECK(mapping.at("fill_latency_ms").at("count") == 1);
    CHECK(mapping.at("fill_latency_ms").at("mean").get<double>() == Approx(7.0));
    for (const char* quantile : {"p50", "p95", "p99"}) {
        CHECK(mapping.at("fill_latency_ms").at(quantile).get<double>() >= 5.0);
        CHECK(mapping.at("fill_latency_ms").at(quantile).get<double>() <= 10.0);
    }
    CHECK(json.at("mappings").at("m1").at("hit_rate").is_null());   // no read yet: no rate, not 0
}

TEST_CASE("stats: what audits of all mappings found, and how much that proves", "[proxy]") {
    tests::hub_fixture f;
    freshness_news news;
    f.hub.freshness = &news;
    CHECK(nlohmann::json::parse(stats_json(f.hub)).at("freshness").at("upper_95").is_null());   // nothing was looked at
    CHECK(parse(stats_prometheus(f.hub)).find("respgres_freshness_upper_95") == nullptr);

    f.a.mappings[0].audit_verified.add(2'000'000);
    f.b.mappings[1].audit_verified.add(1'000'000);
    const auto clean = nlohmann::json::parse(stats_json(f.hub)).at("freshness");
    CHECK(clean.at("verified") == 3'000'000);
    CHECK(clean.at("violations") == 0);
    CHECK(clean.at("upper_95").get<double>() == Approx(1e-6));
    CHECK(stats_text(f.hub).find("\r\nproxy_freshness_upper_95:1e-06\r\n") != std::string::npos);

    f.b.mappings[0].audit_violations.add(2);
    const auto bad = nlohmann::json::parse(stats_json(f.hub)).at("freshness");
    CHECK(bad.at("violations") == 2);
    CHECK(bad.at("upper_95").get<double>() == Approx(6.296 / 3'000'002).epsilon(0.01));
    CHECK(parse(stats_prometheus(f.hub)).number("respgres_freshness_violations_total") == 2);
}

TEST_CASE("stats_json: has every row of every table", "[proxy]") {
    tests::hub_fixture f;
    const auto json = nlohmann::json::parse(stats_json(f.hub));
    for (const auto& row : front_rows) CHECK(json.at("commands").contains(row.name));
    for (const auto& row : redis_rows) CHECK(json.at("redis").contains(row.name));
    for (const auto& row : near_rows) CHECK(json.at("near").contains(row.name));
    for (const auto& row : postgres_rows) CHECK(json.at("postgres").contains(row.name));
    for (const auto& row : mapping_rows) CHECK(json.at("mappings").at("m1").contains(row.name));
}

TEST_CASE("stats_text: name:value lines as INFO has them", "[proxy]") {
    tests::hub_fixture f;
    f.a.front.commands.add(3);
    f.a.mappings[1].hits.add(1);
    f.a.mappings[1].misses.add(1);

    const std::string text = stats_text(f.hub);

    REQUIRE(text.ends_with("\r\n"));
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find("\r\n", at);
        const std::string line = text.substr(at, end - at);
        INFO(line);
        const auto colon = line.find(':');
        REQUIRE(colon != std::string::npos);
        CHECK(line.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos);
        at = end + 2;
    }
    CHECK(text.find("proxy_commands_received:3\r\n") != std::string::npos);
    CHECK(text.find("mapping_m1:hits=1,misses=1,") != std::string::npos);
    CHECK(text.find(",hit_rate=0.500\r\n") != std::string::npos);
}

TEST_CASE("stats_prometheus: families have help and type once, counters end in _total and gauges do not", "[proxy]") {
    tests::hub_fixture f;
    const auto all = parse(stats_prometheus(f.hub));
    REQUIRE(all.samples.size() > 50);
    for (const auto& [name, type] : all.types) {
        INFO(name);
        CHECK(all.helped.contains(name));
        CHECK((type == "counter" || type == "gauge" || type == "histogram"));
        CHECK((type == "counter") == name.ends_with("_total"));
        CHECK((name.starts_with("respgres_") || name.starts_with("process_")));
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        CHECK(name.find("_ms") == std::string::npos);   // base units: seconds, bytes
    }
    for (const sample& one : all.samples) {
        INFO(one.name);
        CHECK(all.types.contains(family_of(one.name, all)));
    }
    CHECK(all.number("respgres_build_info", {{"version", RESPGRES_VERSION}}) == 1);
}

TEST_CASE("stats_prometheus: numbers are the sums over the workers, with the mapping as label", "[proxy]") {
    tests::hub_fixture f;
    f.a.front.commands.add(3);
    f.b.front.commands.add(4);
    f.a.redis.in_flight.add(5);
    f.a.mappings[1].hits.add(6);
    f.b.mappings[1].hits.add(7);

    const auto all = parse(stats_prometheus(f.hub));

    CHECK(all.number("respgres_commands_received_total") == 7);
    CHECK(all.number("respgres_redis_in_flight") == 5);
    CHECK(all.number("respgres_mapping_hits_total", {{"mapping", "m1"}}) == 13);
    CHECK(all.number("respgres_mapping_hits_total", {{"mapping", "m0"}}) == 0);
}

TEST_CASE("stats_prometheus: buckets are cumulative, end in +Inf, and agree with the count and the sum", "[proxy]") {
    tests::hub_fixture f;
    for (const auto took : {50us, 700us, 3000us, 7000us, 7000us}) f.a.mappings[0].fill_latency.add(took);
    f.b.mappings[0].fill_latency.add(10s);

    const auto all = parse(stats_prometheus(f.hub));

    CHECK(all.types.at("respgres_fill_duration_seconds") == "histogram");
    double last_bound = -1;
    double last_count = 0;
    std::size_t buckets = 0;
    for (const sample& one : all.samples) {
        if (one.name != "respgres_fill_duration_seconds_bucket" || one.labels.at("mapping") != "m0") continue;
        const std::string& bound = one.labels.at("le");
        const double number = bound == "+Inf" ? HUGE_VAL : std::stod(bound);
        CHECK(number > last_bound);
        CHECK(one.number >= last_count);
        if (number == 0.001) CHECK(one.number == 2);
        if (number == 0.01) CHECK(one.number == 5);
        last_bound = number;
        last_count = one.number;
        ++buckets;
    }
    CHECK(buckets == latency_histogram::bounds.size() + 1);
    CHECK(std::isinf(last_bound));
    CHECK(last_count == 6);
    CHECK(all.number("respgres_fill_duration_seconds_count", {{"mapping", "m0"}}) == 6);
    CHECK(all.number("respgres_fill_duration_seconds_sum", {{"mapping", "m0"}}) == Approx(10.01775));
}

}  // namespace respgres::proxy
