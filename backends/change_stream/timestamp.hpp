#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace respgres::change_stream {

// A moment of the PostgreSQL server's clock.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// PostgreSQL counts microseconds from here.
inline constexpr timestamp postgres_epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);

// nullopt for what lies beyond the year 294 246, PostgreSQL's own "infinity" among it.
constexpr std::optional<timestamp> from_postgres(std::int64_t microseconds) {
    if (microseconds > std::numeric_limits<std::int64_t>::max() - postgres_epoch.time_since_epoch().count()) return std::nullopt;
    return postgres_epoch + std::chrono::microseconds(microseconds);
}

constexpr std::int64_t to_postgres(timestamp moment) {
    return (moment - postgres_epoch).count();
}

}  // namespace respgres::change_stream
