#include "conf/values/quantity.hpp"

#include <limits>
#include <span>
#include <vector>

namespace respgres::conf {

namespace {

struct unit {
    std::string_view name;
    std::int64_t factor;
};

// From the smallest, which has the factor 1.
constexpr unit time_units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr unit size_units[] = {{"B", 1}, {"KiB", 1'024}, {"MiB", 1'048'576}, {"GiB", 1'073'741'824}};

std::string names_of(std::span<const unit> units) {
    std::vector<std::string_view> names;
    for (const auto& each : units) names.push_back(each.name);
    return one_of(names);
}

complaint read_quantity(std::string_view text, std::span<const unit> units, std::string_view example, std::int64_t& out) {
    const bool negative = text.starts_with('-');
    const auto unsigned_text = text.substr(negative ? 1 : 0);
    std::size_t digits = 0;
    while (digits < unsigned_text.size() && is_digit(unsigned_text[digits])) ++digits;
    const auto name = unsigned_text.substr(digits);
    const auto known = [&](std::string_view candidate) {
        for (const auto& each : units) {
            if (each.name == candidate) return each.factor;
        }
        return std::int64_t{0};
    };

    if (digits == 0 || name.starts_with('.') || name.starts_with(' '))
        return quote(text) + " is not a whole number with a unit, such as \"" + std::string{example} + "\"";
    const auto number = read_number<std::int64_t>(unsigned_text.substr(0, digits));
    if (name.empty() && number != std::int64_t{0}) return quote(text) + " needs a unit: " + names_of(units);
    const auto factor = name.empty() ? 1 : known(name);
    if (factor == 0) return quote(text) + ": the unit must be " + names_of(units);
    if (!number || *number > std::numeric_limits<std::int64_t>::max() / factor) return quote(text) + " is too large";
    out = *number * factor * (negative ? -1 : 1);
    return {};
}

std::string show(std::int64_t value, std::span<const unit> units) {
    auto best = units.front();
    for (const auto& each : units) {
        if (value != 0 && value % each.factor == 0) best = each;
    }
    return std::to_string(value / best.factor) + (value == 0 ? std::string{} : std::string{best.name});
}

}  // namespace

complaint read_duration(std::string_view text, std::chrono::milliseconds& out) {
    std::int64_t count = 0;
    auto wrong = read_quantity(text, time_units, "5s", count);
    if (wrong.empty()) out = std::chrono::milliseconds{count};
    return wrong;
}

complaint read_size(std::string_view text, std::int64_t& bytes) {
    return read_quantity(text, size_units, "16MiB", bytes);
}

std::string show_duration(std::int64_t milliseconds) {
    return show(milliseconds, time_units);
}

std::string show_size(std::int64_t bytes) {
    return show(bytes, size_units);
}

}  // namespace respgres::conf
