#pragma once

#include "backends/redis/client.hpp"
#include "proxy/values/value.hpp"

#include <optional>
#include <string_view>

namespace respgres::proxy {

// What Redis holds of a mapped key, for comparing it with what the query gives. Pure.

// The command that reads all of a key of this shape. Its words are views of `key` and of static text.
redis::arguments read_whole(conf::shape shape, std::string_view key);

// What its reply says: absent_value if there is no such key; nullopt if the key is of another type, or the reply is another error.
std::optional<value> held_value(conf::shape shape, const redisReply& reply);

// Whether the reply says that the key is of a type that no fill gives it.
bool is_other_type(const redisReply& reply);

// Sets and hashes have no order; scores are numbers.
bool is_same(const value& one, const value& other);

}  // namespace respgres::proxy
