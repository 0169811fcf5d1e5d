#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/users/user.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace respgres::proxy {

// The users of the proxy's own. Immutable once built.
class user_table {
public:
    // Compiles all of them; what is wrong is added to `found`.
    static user_table build(const conf::settings& settings, conf::problems& found);

    const user* find(std::string_view name) const;  // null if there is none
    // Ordered by name, as ACL LIST prints them.
    const std::map<std::string, user, std::less<>>& all() const { return users_; }

    // The costliest hash among all: what an attempt as a user that does not exist costs, too.
    const password_hash* slowest_hash() const;

private:
    std::map<std::string, user, std::less<>> users_;
};

}  // namespace respgres::proxy
