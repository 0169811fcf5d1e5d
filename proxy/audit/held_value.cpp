#include "proxy/audit/held_value.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

using texts = std::vector<std::string>;

std::optional<texts> texts_of(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ARRAY) return std::nullopt;
    texts all;
    all.reserve(reply.elements);
    for (std::size_t i = 0; i < reply.elements; ++i) {
        if (reply.element[i]->type != REDIS_REPLY_STRING) return std::nullopt;
        all.emplace_back(redis::text_of(*reply.element[i]));
    }
    return all;
}

template <class Pairs, class Convert>
Pairs pairs_of(texts all, Convert&& convert) {
    Pairs pairs;
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) pairs.emplace_back(std::move(all[i]), convert(std::move(all[i + 1])));
    return pairs;
}

value container(conf::shape shape, texts all) {
    switch (shape) {
        case conf::shape::hash: {
            const auto as_it_is = [](std::string text) { return text; };
            return hash_value{pairs_of<decltype(hash_value::fields)>(std::move(all), as_it_is)};
        }
        case conf::shape::list: return list_value{std::move(all)};
        case conf::shape::set: return set_value{std::move(all)};
        case conf::shape::zset: {
            const auto as_score = [](const std::string& text) { return std::strtod(text.c_str(), nullptr); };
            return zset_value{pairs_of<decltype(zset_value::members)>(std::move(all), as_score)};
        }
        case conf::shape::string:
        case conf::shape::json:
        case conf::shape::json_row:
        case conf::shape::counter: break;
    }
    return absent_value{};
}

template <class List>
bool is_same_unordered(List one, List other) {
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    return one == other;
}

struct comparer {
    bool operator()(const absent_value&, const absent_value&) const { return true; }
    bool operator()(const string_value& a, const string_value& b) const { return a.bytes == b.bytes; }
    bool operator()(const hash_value& a, const hash_value& b) const { return is_same_unordered(a.fields, b.fields); }
    bool operator()(const list_value& a, const list_value& b) const { return a.elements == b.elements; }
    bool operator()(const set_value& a, const set_value& b) const { return is_same_unordered(a.members, b.members); }
    bool operator()(const zset_value& a, const zset_value& b) const { return is_same_unordered(a.members, b.members); }
    template <class One, class Other>
    bool operator()(const One&, const Other&) const {
        return false;
    }
};

}  // namespace

redis::arguments read_whole(conf::shape shape, std::string_view key) {
    switch (shape) {
        case conf::shape::hash: return {"HGETALL", key};
        case conf::shape::list: return {"LRANGE", key, "0", "-1"};
        case conf::shape::set: return {"SMEMBERS", key};
        case conf::shape::zset: return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
        case conf::shape::string:
        case conf::shape::json:
        case conf::shape::json_row:
        case conf::shape::counter: break;
    }
    return {"GET", key};
}

std::optional<value> held_value(conf::shape shape, const redisReply& reply) {
    if (reply.type == REDIS_REPLY_NIL) return absent_value{};
    if (reply.type == REDIS_REPLY_STRING) return string_value{std::string(redis::text_of(reply))};
    auto all = texts_of(reply);
    if (!all) return std::nullopt;
    if (all->empty()) return absent_value{};   // Redis has no empty containers
    return container(shape, std::move(*all));
}

bool is_other_type(const redisReply& reply) {
    return reply.type == REDIS_REPLY_ERROR && redis::text_of(reply).starts_with("WRONGTYPE");
}

bool is_same(const value& one, const value& other) {
    return std::visit(comparer{}, one, other);
}

}  // namespace respgres::proxy
