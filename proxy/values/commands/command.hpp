#pragma once

#include "protocol/resp/reply_writer.hpp"
#include "proxy/values/integers.hpp"
#include "proxy/values/value.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace respgres::proxy::commands {

// One read command on one value, with what evaluate() was given; the number of arguments fits the command.
struct request {
    std::span<const std::string_view> arguments;
    const value& held;
    std::chrono::milliseconds remaining;
    std::chrono::system_clock::time_point now;
    protocol::reply_writer& out;
};

// Writes exactly one reply.
using function = void (*)(const request&);

inline constexpr std::string_view wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view no_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view syntax_error = "ERR syntax error";

// What the key holds; an empty one if it is absent, as most commands see a missing key. Null: another type, WRONGTYPE is written.
template <class Held>
const Held* typed(const request& r) {
    static const Held nothing{};
    if (const Held* held = std::get_if<Held>(&r.held)) return held;
    if (is_absent(r.held)) return &nothing;
    r.out.error(wrong_type);
    return nullptr;
}

// Nothing: the error is written.
inline std::optional<std::int64_t> integer_argument(const request& r, std::size_t index) {
    const auto number = parse_integer(r.arguments[index]);
    if (!number) r.out.error(no_integer);
    return number;
}

// A part of a sequence.
struct slice {
    std::size_t first = 0;
    std::size_t count = 0;
};

// What LRANGE and ZRANGE mean by `start` and `end`: inclusive, negative ones count from the end, and what lies outside is cut off.
inline slice slice_between(std::int64_t start, std::int64_t end, std::size_t size) {
    const auto length = static_cast<std::int64_t>(size);
    start = std::max<std::int64_t>(start < 0 ? start + length : start, 0);
    end = std::min(end < 0 ? end + length : end, length - 1);
    if (start > end) return {};
    return {static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)};
}

inline std::string_view name_of(const std::string& member) {
    return member;
}
template <class Second>
std::string_view name_of(const std::pair<std::string, Second>& named) {
    return named.first;
}

// Finds items by name. Many look-ups in many items (HMGET, SMISMEMBER, ZMSCORE) get an index first: a client chooses how many there are.
template <class Item>
class finder {
public:
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    finder(const std::vector<Item>& items, std::size_t look_ups) : items_(items) {
        if (look_ups <= worth_an_index || items.size() <= worth_an_index) return;
        index_.reserve(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) index_.emplace(name_of(items[i]), i);
    }

    std::size_t position(std::string_view name) const {
        if (!index_.empty()) {
            const auto found = index_.find(name);
            return found == index_.end() ? npos : found->second;
        }
        for (std::size_t i = 0; i < items_.size(); ++i)
            if (name_of(items_[i]) == name) return i;
        return npos;
    }

    // Null: there is none.
    const Item* find(std::string_view name) const {
        const std::size_t at = position(name);
        return at == npos ? nullptr : &items_[at];
    }

private:
    static constexpr std::size_t worth_an_index = 16;

    const std::vector<Item>& items_;
    std::unordered_map<std::string_view, std::size_t> index_;
};

template <class Item>
const Item* find_one(const std::vector<Item>& items, std::string_view name) {
    return finder<Item>(items, 1).find(name);
}

// The commands, by type. What each takes stands in the table of evaluate.cpp.
void get(const request&);
void getrange(const request&);
void mget_one(const request&);
void strlen(const request&);

void hexists(const request&);
void hget(const request&);
void hgetall(const request&);
void hkeys(const request&);
void hlen(const request&);
void hmget(const request&);
void hstrlen(const request&);
void hvals(const request&);

void lindex(const request&);
void llen(const request&);
void lrange(const request&);

void scard(const request&);
void sismember(const request&);
void smembers(const request&);
void smismember(const request&);

void zcard(const request&);
void zcount(const request&);
void zmscore(const request&);
void zrange(const request&);
void zrangebyscore(const request&);
void zrank(const request&);
void zrevrange(const request&);
void zrevrangebyscore(const request&);
void zrevrank(const request&);
void zscore(const request&);

void exists_one(const request&);
void expiretime(const request&);
void pexpiretime(const request&);
void pttl(const request&);
void ttl(const request&);
void type(const request&);

}  // namespace respgres::proxy::commands
