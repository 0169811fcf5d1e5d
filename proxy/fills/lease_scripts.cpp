#include "proxy/fills/lease_scripts.hpp"

namespace respgres::proxy::lease_scripts {

redis::script acquire_script() {
    static const std::string hash = redis::script_hash(acquire);
    return {acquire, hash};
}

redis::script commit_script() {
    static const std::string hash = redis::script_hash(commit);
    return {commit, hash};
}

redis::script release_script() {
    static const std::string hash = redis::script_hash(release);
    return {release, hash};
}

}  // namespace respgres::proxy::lease_scripts
