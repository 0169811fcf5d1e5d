#pragma once

#include "conf/settings.hpp"
#include "conf/values/text.hpp"

#include <span>

namespace respgres::conf {

// A word of the file and what it stands for. Words with a refusal are known, but not to be had yet.
template <class Value>
struct named {
    std::string_view name;
    Value value;
    std::string_view refusal = {};
};

inline constexpr named<shape> shape_names[] = {
    {"string", shape::string}, {"json", shape::json},       {"json_row", shape::json_row},
    {"hash", shape::hash},     {"list", shape::list},       {"set", shape::set},
    {"zset", shape::zset},     {"counter", shape::counter}, {"stream", shape::string, "'stream' is not supported yet"},
};

inline constexpr named<primary_source> primary_source_names[] = {{"postgres", primary_source::postgres}, {"redis", primary_source::redis}};

inline constexpr named<auth_mode> auth_mode_names[] = {{"none", auth_mode::none}, {"users", auth_mode::users}, {"redis", auth_mode::redis}};

inline constexpr named<freshness_source> freshness_source_names[] = {
    {"ttl", freshness_source::ttl},
    {"notify", freshness_source::notify},
    {"replication", freshness_source::replication},
};

inline constexpr named<unproven_read> unproven_read_names[] = {{"query", unproven_read::query}, {"serve", unproven_read::serve}};
inline constexpr named<bad_capture> bad_capture_names[] = {{"nil", bad_capture::nil}, {"error", bad_capture::error}};

inline constexpr named<log_level> log_level_names[] = {
    {"debug", log_level::debug}, {"info", log_level::info}, {"warning", log_level::warning}, {"error", log_level::error}};

constexpr std::span<const named<shape>> names(shape) {
    return shape_names;
}
constexpr std::span<const named<primary_source>> names(primary_source) {
    return primary_source_names;
}
constexpr std::span<const named<auth_mode>> names(auth_mode) {
    return auth_mode_names;
}
constexpr std::span<const named<freshness_source>> names(freshness_source) {
    return freshness_source_names;
}
constexpr std::span<const named<unproven_read>> names(unproven_read) {
    return unproven_read_names;
}
constexpr std::span<const named<bad_capture>> names(bad_capture) {
    return bad_capture_names;
}
constexpr std::span<const named<log_level>> names(log_level) {
    return log_level_names;
}

inline constexpr named<tls_version> tls_version_names[] = {{"1.2", tls_version::v1_2}, {"1.3", tls_version::v1_3}};

constexpr std::span<const named<tls_version>> names(tls_version) {
    return tls_version_names;
}

template <class Value>
constexpr std::string_view name_of(Value value) {
    for (const auto& each : names(value)) {
        if (each.value == value) return each.name;
    }
    return {};
}

}  // namespace respgres::conf
