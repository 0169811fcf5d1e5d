#pragma once

#include "conf/settings.hpp"

namespace respgres::proxy {

// The log goes to the standard error stream, one line per event: time, level, text; or one JSON object. Control characters in texts (a server's words, a
// key) are escaped in both forms. Colours only on a terminal.
void set_up_log(const conf::log_settings& settings);

}  // namespace respgres::proxy
