#pragma once

#include "backends/errors.hpp"
#include "protocol/http/http_request.hpp"
#include "protocol/http/http_response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace respgres::proxy {

// Drops the mapped keys that match the glob, on another thread; calls `done` there, once, with the number of keys. Never calls it if the proxy stops
// meanwhile.
using invalidation_done = std::function<void(backends::outcome<std::size_t>)>;
using invalidate_function = std::function<void(std::string glob, invalidation_done done)>;

// POST /invalidate?pattern=GLOB: {"dropped": n}; 400 without one pattern, 405 for another method, 403 for a page of another site, 502 when Redis fails, 504
// when it takes longer than a minute (it goes on). Cancelling ends the wait. `request` and `invalidate` must outlive it.
boost::asio::awaitable<protocol::http_response> answer_invalidation(const protocol::http_request& request,
                                                                    const invalidate_function& invalidate);

}  // namespace respgres::proxy
