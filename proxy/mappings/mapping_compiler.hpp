#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/mapping.hpp"

#include <memory>

namespace respgres::proxy {

// Compiles one mapping's pattern and query, and checks that they fit each other. Appends all that is wrong to `found`; then null.
// The result's index is not set.
std::unique_ptr<mapping> compile_mapping(const conf::mapping_settings& settings, conf::problems& found);

// The place of the byte at `offset` in a string of the file, as well as it can be known: the column is that of a string on one line
// without escapes; in a string of several lines, or with escapes before the byte, it is the string's own place.
conf::position place_in(const conf::located<std::string>& text, std::size_t offset);

}  // namespace respgres::proxy
