#pragma once

#include "protocol/resp/reply_writer.hpp"
#include "proxy/commands/worker_services.hpp"

#include <string_view>

namespace respgres::proxy {

// The reply to PROXY EXPLAIN: a map of what there is to say of `key`, or an error if it belongs to no mapping. Asks nobody: what PostgreSQL told of the
// tables is what was read at the start, or by the process that leads when a definition changed.
void append_explanation(protocol::reply_writer& out, const worker_services& services, std::string_view key);

}  // namespace respgres::proxy
