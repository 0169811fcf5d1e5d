#pragma once

#include "conf/values/text.hpp"

#include <string_view>

namespace respgres::conf {

// Checks the form of postgresql://..., postgres://... or "host=... dbname=..."; what it means is libpq's business. Tells whether
// the text holds a password. The complaint repeats nothing of the text.
complaint check_postgres_url(std::string_view url, bool& has_password);

}  // namespace respgres::conf
