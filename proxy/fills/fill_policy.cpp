#include "proxy/fills/fill_policy.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace respgres::proxy {

namespace {

// FNV-1a: the same on every machine and in every version, unlike std::hash.
std::uint64_t stable_hash(std::string_view bytes) {
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash ^ (hash >> 32);
}

}  // namespace

std::chrono::milliseconds ttl_of(const conf::mapping_settings& mapping, std::string_view key) {
    if (mapping.primary.value == conf::primary_source::redis)
        return mapping.ttl.value;   // applications write these keys: the TTL slides with each write, and is promised to them
    const auto full = static_cast<double>(mapping.ttl.value.count());
    const double part = static_cast<double>(stable_hash(key) % 10'000) / 10'000.0;
    const auto shortened = static_cast<std::int64_t>(full * (1.0 - mapping.ttl_jitter * part));
    return std::chrono::milliseconds(std::max<std::int64_t>(1, shortened));
}

std::chrono::milliseconds expiry_of(const conf::mapping_settings& mapping, std::string_view key) {
    return ttl_of(mapping, key) + mapping.stale_while_revalidate;
}

freshness judge(const conf::mapping_settings& mapping, std::chrono::milliseconds left, std::chrono::nanoseconds cost, double random) {
    const std::chrono::duration<double> until_stale = left - mapping.stale_while_revalidate;
    if (until_stale.count() <= 0 && mapping.stale_while_revalidate.count() > 0) return freshness::stale;
    if (mapping.refresh_ahead <= 0) return freshness::fresh;
    const double ahead = std::chrono::duration<double>(cost).count() * mapping.refresh_ahead * -std::log(std::max(random, 1e-300));
    return ahead >= until_stale.count() ? freshness::refresh_ahead : freshness::fresh;
}

bool needs_ttl(const conf::mapping_settings& mapping) {
    const bool filled = mapping.primary.value == conf::primary_source::postgres;
    return filled && (mapping.stale_while_revalidate.count() > 0 || mapping.refresh_ahead > 0);
}

}  // namespace respgres::proxy
