#pragma once

#include "conf/options/read_value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace respgres::conf {

// One key of a section. What belongs to the value's type follows from the member that it sets.
template <class Section>
struct option {
    std::string_view name;
    limits range;
    bool is_required;
    std::string_view help;
    void (*read)(notes& found, const option& self, const node& from, Section& into);
    std::string (*show)(const Section& from, const limits& range);
    std::string (*describe_values)(const limits& range);
};

// The table of each section, chosen by the type of its settings.
std::span<const option<server_settings>> options_of(const server_settings&);
std::span<const option<tls_settings>> options_of(const tls_settings&);
std::span<const option<admin_settings>> options_of(const admin_settings&);
std::span<const option<auth_settings>> options_of(const auth_settings&);
std::span<const option<redis_settings>> options_of(const redis_settings&);
std::span<const option<postgres_settings>> options_of(const postgres_settings&);
std::span<const option<freshness_settings>> options_of(const freshness_settings&);
std::span<const option<near_cache_settings>> options_of(const near_cache_settings&);
std::span<const option<log_settings>> options_of(const log_settings&);
std::span<const option<mapping_settings>> options_of(const mapping_settings&);
std::span<const option<rule_settings>> options_of(const rule_settings&);
std::span<const option<user_settings>> options_of(const user_settings&);

// The section [mapping.NAME]; the other names stand with their members in sections.
inline constexpr std::string_view mapping_section = "mapping";
// The section [rule.NAME].
inline constexpr std::string_view rule_section = "rule";
// The section [user.NAME] of the users file.
inline constexpr std::string_view user_section = "user";

// Calls `visit(name, section, help)` for each section but the mappings, in the order of the reference; `Settings` may be const.
template <class Settings, class Visit>
void for_each_section(Settings& settings, Visit&& visit) {
    visit("server", settings.server, "The port that Redis clients talk to.");
    visit("tls", settings.tls,
          "TLS on the ports of [server] that are written with `tls:`. Files are in PEM form, read at the start; "
          "paths are relative to this configuration file.");
    visit("admin", settings.admin, "The HTTP port of operators: health, statistics, metrics.");
    visit("auth", settings.auth, "Who clients are, and what they may do.");
    visit("redis", settings.redis, "The Redis behind the proxy.");
    visit("postgres", settings.postgres, "The PostgreSQL that fills mapped keys.");
    visit("freshness", settings.freshness, "How filled keys learn of changed rows.");
    visit("near_cache", settings.near_cache,
          "Replies that the proxy keeps in its own memory, for the mappings that say near_cache = true.");
    visit("log", settings.log, "Messages, on standard error.");
}

}  // namespace respgres::conf
