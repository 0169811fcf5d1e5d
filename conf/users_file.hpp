#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"

#include <string>
#include <vector>

namespace respgres::conf {

// Reads the users of mode `users`, types and sizes checked; what their rules mean is proxy/users' business. Problems with the file as a whole are put
// where the configuration names it (`named`), the others where they are in the file. No problem repeats a password's hash.
std::vector<user_settings> read_users_file(const std::string& path, const position& named, problems& found);

}  // namespace respgres::conf
