#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::redis {

// A reply to one of the proxy's own commands (RESP2), as hiredis builds it.
struct reply_deleter {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using reply = std::unique_ptr<redisReply, reply_deleter>;

inline bool is_error(const reply& r) {
    return r && r->type == REDIS_REPLY_ERROR;
}
inline bool is_nil(const reply& r) {
    return r && r->type == REDIS_REPLY_NIL;
}
inline std::string_view text_of(const redisReply& r) {
    return r.str == nullptr ? std::string_view{} : std::string_view(r.str, r.len);
}

// Encodes a command with hiredis' formatter.
void format_command(std::string& out, const std::vector<std::string_view>& arguments);

// Builds one whole reply, as protocol::reply_framer cut it from the stream: hiredis 0.14 allocates what a count announces before it has come.
// Null if hiredis cannot read it.
reply read_reply(std::string_view whole);

}  // namespace respgres::redis
