#pragma once

#include "proxy/values/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The last arguments of the commit script for a value: its kind and its data. Views point into `v` and `numbers` (scores as text).
std::vector<std::string_view> store_payload(const value& v, std::vector<std::string>& numbers);

}  // namespace respgres::proxy
