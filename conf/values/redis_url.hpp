#pragma once

#include "conf/settings.hpp"
#include "conf/values/text.hpp"

#include <string_view>

namespace respgres::conf {

// redis://[user[:password]@]host[:port][/db], the same with rediss:// for TLS, or unix://[user[:password]@]/path[?db=n]; user and password percent-encoded.
// Sets address, user, password and database. The complaint repeats nothing of the URL but a known scheme: a password with
// an unencoded '/' or '@' can end up in any part of it.
complaint read_redis_url(std::string_view url, redis_settings& out);

}  // namespace respgres::conf
