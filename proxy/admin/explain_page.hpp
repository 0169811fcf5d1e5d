#pragma once

#include "protocol/http/http_request.hpp"
#include "protocol/http/http_response.hpp"
#include "proxy/metrics/stats_hub.hpp"

namespace respgres::proxy {

// GET /explain?key=KEY: a JSON object with what PROXY EXPLAIN tells; 400 without one key, 404 for a key of no mapping. Without I/O. The proof is by the watermark that any
// worker has read last.
protocol::http_response answer_explain(const protocol::http_request& request, const stats_hub& hub);

}  // namespace respgres::proxy
