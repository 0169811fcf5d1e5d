#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests::consistency {

// How the cache is kept in step with PostgreSQL.
struct mode {
    std::string_view name;
    std::string_view meaning;
    bool proxies = true;           // false: clients ask Redis and PostgreSQL themselves
    bool writers_delete = false;   // after COMMIT
    bool tap = false;              // keys are deleted by a reader of the change stream that knows no fence
    bool after = false;            // writers read what they wrote behind PROXY AFTER
    std::string_view sections;     // of the proxies' configuration
};

const std::vector<mode>& modes();
// Throws std::runtime_error that names those there are.
const mode& mode_named(std::string_view name);

}  // namespace respgres::tests::consistency
