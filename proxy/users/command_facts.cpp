#include "proxy/users/command_facts.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace respgres::proxy {

namespace {

using judged = command_facts::judged;

// From the key specifications of COMMAND INFO: those that are RO without `access`, RW without it, and so on. A test asks Redis.
constexpr std::array<std::string_view, 18> tell_nothing{
    "exists",          "hexists", "hlen",      "hstrlen", "llen",  "memory|usage", "object|encoding", "object|freq", "object|idletime",
    "object|refcount", "scard",   "sismember", "strlen",  "touch", "type",         "watch",           "xlen",        "zcard"};
constexpr std::array<std::string_view, 41> only_write{"append",
                                                      "expire",
                                                      "expireat",
                                                      "geoadd",
                                                      "hdel",
                                                      "hmset",
                                                      "hset",
                                                      "hsetnx",
                                                      "linsert",
                                                      "lpush",
                                                      "lpushx",
                                                      "lrem",
                                                      "lset",
                                                      "ltrim",
                                                      "persist",
                                                      "pexpire",
                                                      "pexpireat",
                                                      "pfadd",
                                                      "rpush",
                                                      "rpushx",
                                                      "sadd",
                                                      "setrange",
                                                      "sinterstore",
                                                      "srem",
                                                      "xack",
                                                      "xadd",
                                                      "xautoclaim",
                                                      "xclaim",
                                                      "xdel",
                                                      "xgroup|create",
                                                      "xgroup|createconsumer",
                                                      "xgroup|delconsumer",
                                                      "xgroup|destroy",
                                                      "xgroup|setid",
                                                      "xsetid",
                                                      "xtrim",
                                                      "zadd",
                                                      "zrem",
                                                      "zremrangebylex",
                                                      "zremrangebyrank",
                                                      "zremrangebyscore"};
constexpr std::array<std::string_view, 5> destination_write{"blmove", "brpoplpush", "lmove", "rpoplpush", "smove"};
constexpr std::array<std::string_view, 2> only_read{"pfcount", "pfdebug"};

judged judged_of(std::string_view name) {
    const auto is_in = [name](const auto& names) { return std::find(names.begin(), names.end(), name) != names.end(); };
    if (is_in(tell_nothing)) return judged::tells_nothing;
    if (is_in(only_write)) return judged::only_writes;
    if (is_in(destination_write)) return judged::destination_writes;
    if (is_in(only_read)) return judged::only_reads;
    return judged::as_listed;
}

using fact_map = std::unordered_map<const protocol::command_info*, command_facts>;

fact_map all_facts() {
    fact_map facts;
    const auto add = [&facts](const protocol::command_info& row) { facts.emplace(&row, command_facts{facts.size(), judged_of(row.name)}); };
    for (const protocol::command_info& row : protocol::all_commands()) {
        add(row);
        for (const protocol::command_info& sub : row.subcommands) add(sub);
    }
    return facts;
}

}  // namespace

const command_facts& facts_of(const protocol::command_info& command) {
    static const fact_map facts = all_facts();
    return facts.at(&command);
}

key_need need_of(const protocol::command_info& command, protocol::key_position key) {
    using protocol::key_access;
    constexpr std::uint32_t destination = 2;   // the word
    switch (facts_of(command).keys) {
        case judged::tells_nothing: return {};
        case judged::only_reads: return {true, false};
        case judged::only_writes:
            if (key.access == key_access::read_write) return {false, true};
            break;
        case judged::destination_writes:
            if (key.argument == destination) return {false, true};
            break;
        case judged::as_listed: break;
    }
    return {key.access == key_access::read || key.access == key_access::read_write, key.access != key_access::read};
}

}  // namespace respgres::proxy
