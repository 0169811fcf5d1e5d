#include "proxy/values/evaluate.hpp"

#include "proxy/values/commands/command.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

struct row {
    std::string_view name;
    std::int16_t arity;            // arguments with the name; negative = at least. EXISTS and MGET: only for one key.
    commands::function answer;

    bool takes(std::size_t arguments) const {
        return arity < 0 ? arguments >= static_cast<std::size_t>(-arity) : arguments == static_cast<std::size_t>(arity);
    }
};

constexpr row rows[] = {
    {"exists", 2, commands::exists_one},
    {"expiretime", 2, commands::expiretime},
    {"get", 2, commands::get},
    {"getrange", 4, commands::getrange},
    {"hexists", 3, commands::hexists},
    {"hget", 3, commands::hget},
    {"hgetall", 2, commands::hgetall},
    {"hkeys", 2, commands::hkeys},
    {"hlen", 2, commands::hlen},
    {"hmget", -3, commands::hmget},
    {"hstrlen", 3, commands::hstrlen},
    {"hvals", 2, commands::hvals},
    {"lindex", 3, commands::lindex},
    {"llen", 2, commands::llen},
    {"lrange", 4, commands::lrange},
    {"mget", 2, commands::mget_one},
    {"pexpiretime", 2, commands::pexpiretime},
    {"pttl", 2, commands::pttl},
    {"scard", 2, commands::scard},
    {"sismember", 3, commands::sismember},
    {"smembers", 2, commands::smembers},
    {"smismember", -3, commands::smismember},
    {"strlen", 2, commands::strlen},
    {"substr", 4, commands::getrange},
    {"ttl", 2, commands::ttl},
    {"type", 2, commands::type},
    {"zcard", 2, commands::zcard},
    {"zcount", 4, commands::zcount},
    {"zmscore", -3, commands::zmscore},
    {"zrange", -4, commands::zrange},
    {"zrangebyscore", -4, commands::zrangebyscore},
    {"zrank", 3, commands::zrank},
    {"zrevrange", -4, commands::zrevrange},
    {"zrevrangebyscore", -4, commands::zrevrangebyscore},
    {"zrevrank", 3, commands::zrevrank},
    {"zscore", 3, commands::zscore},
};
static_assert(std::ranges::is_sorted(rows, {}, &row::name));

constexpr std::size_t longest_name = std::ranges::max(rows, {}, [](const row& each) { return each.name.size(); }).name.size();

// `name` in lower case. Null: there is none.
const row* find(std::string_view name) {
    const row* found = std::ranges::lower_bound(rows, name, {}, &row::name);
    return found != std::end(rows) && found->name == name ? found : nullptr;
}

const row* find_any_case(std::string_view name) {
    std::array<char, longest_name> lower{};
    if (name.size() > lower.size()) return nullptr;
    std::ranges::transform(name, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return find(std::string_view(lower.data(), name.size()));
}

}  // namespace

bool can_evaluate(std::string_view command) {
    return find(command) != nullptr;
}

bool evaluate(std::span<const std::string_view> arguments, const value& v, std::chrono::milliseconds remaining,
              std::chrono::system_clock::time_point now, protocol::reply_writer& out) {
    const row* found = arguments.empty() ? nullptr : find_any_case(arguments.front());
    if (!found || !found->takes(arguments.size())) return false;
    found->answer({arguments, v, remaining, now, out});
    return true;
}

}  // namespace respgres::proxy
