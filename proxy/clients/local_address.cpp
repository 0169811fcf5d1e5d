#include "proxy/clients/local_address.hpp"

#include <algorithm>

namespace respgres::proxy {

local_address_ptr local_addresses::get(std::string text) {
    const auto found = std::find_if(known_.begin(), known_.end(), [&text](const local_address_ptr& each) { return each->text == text; });
    if (found != known_.end()) return *found;
    local_address_ptr added(new local_address(std::move(text)));
    if (known_.size() < most) return known_.emplace_back(std::move(added));
    known_[oldest_] = added;
    oldest_ = (oldest_ + 1) % most;
    return added;
}

}  // namespace respgres::proxy
