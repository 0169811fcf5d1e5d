#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/mapping.hpp"

#include <memory>
#include <optional>

namespace respgres::proxy {

// Compiles one mapping's key pattern. Appends what is wrong with it to `found`; then nothing.
std::optional<key_pattern> compile_pattern(const conf::mapping_settings& settings, conf::problems& found);

// Compiles the query, and checks that it and the pattern fit each other, if there is a pattern. Appends all that is wrong to `found`; then null, also
// without a pattern. The result's index is not set.
std::unique_ptr<mapping> compile_mapping(const conf::mapping_settings& settings, const std::optional<key_pattern>& pattern,
                                         conf::problems& found);

// The place of the byte at `offset` in a string of the file, as well as it can be known: the column is that of a string on one line
// without escapes; in a string of several lines, or with escapes before the byte, it is the string's own place.
conf::position place_in(const conf::located<std::string>& text, std::size_t offset);

}  // namespace respgres::proxy
