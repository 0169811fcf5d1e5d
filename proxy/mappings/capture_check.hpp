#pragma once

#include "proxy/mappings/key_pattern.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace respgres::proxy {

// How a capture type is written in a pattern, and what can be wrong with a captured value ("is not an int8").
struct capture_type_row {
    std::string_view name;
    capture_type type;
    std::size_t fixed_bytes;                     // the length of every valid value; 0 = it varies
    std::span<const std::string_view> faults;    // by the number that capture_fault returns
};

std::span<const capture_type_row> capture_types();
const capture_type_row& row_of(capture_type type);

// What keeps `value` from being bound as a parameter of this type: a number into the row's faults, nullopt for nothing.
std::optional<std::size_t> capture_fault(capture_type type, std::string_view value);

}  // namespace respgres::proxy
