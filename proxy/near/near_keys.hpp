#pragma once

#include "conf/settings.hpp"
#include "proxy/mappings/first_bytes.hpp"
#include "proxy/mappings/prefix_tree.hpp"

#include <string_view>
#include <vector>

namespace respgres::proxy {

// The keys of no mapping whose replies may be kept, since the configuration names them ([near_cache] keys). Immutable, shared by all workers.
class near_keys {
public:
    explicit near_keys(const conf::near_cache_settings& settings);

    bool empty() const { return sizes_.empty(); }
    bool hold(std::string_view key) const { return begins_.may_begin(key) && hold_among(key); }
    // False: hold() is false, as the first byte tells.
    bool may_hold(std::string_view key) const { return begins_.may_begin(key); }

private:
    bool hold_among(std::string_view key) const;

    prefix_tree tree_;
    std::vector<std::size_t> sizes_;  // of the whole keys; prefixes: any_size
    first_bytes begins_;
};

}  // namespace respgres::proxy
