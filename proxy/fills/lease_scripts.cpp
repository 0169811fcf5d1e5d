#include "proxy/fills/lease_scripts.hpp"

#include "proxy/plants.hpp"

namespace respgres::proxy::lease_scripts {

redis::script acquire_script() {
    static const std::string hash = redis::script_hash(acquire);
    return {acquire, hash};
}

redis::script commit_script() {
    // Without its first line, which looks for the lease.
    static const std::string_view text = planted(plant::lease_not_checked) ? commit.substr(commit.find('\n', 1)) : commit;
    static const std::string hash = redis::script_hash(text);
    return {text, hash};
}

redis::script release_script() {
    static const std::string hash = redis::script_hash(release);
    return {release, hash};
}

}  // namespace respgres::proxy::lease_scripts
