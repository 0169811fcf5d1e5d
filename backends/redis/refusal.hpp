#pragma once

#include "backends/errors.hpp"
#include "backends/redis/reply.hpp"

#include <string>

namespace respgres::redis {

// What is wrong when Redis answers a command of the proxy's own otherwise than it must: server_error, with Redis' words if it is an error.
inline backends::failure refusal(const redisReply& told) {
    return {make_error_code(backends::errc::server_error), std::string(text_of(told)), {}};
}

}  // namespace respgres::redis
