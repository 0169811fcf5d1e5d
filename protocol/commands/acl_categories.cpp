#include "protocol/commands/acl_categories.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <array>

namespace respgres::protocol {

namespace {

enum : category_set {
    keyspace = 1u << 0,
    read = 1u << 1,
    write = 1u << 2,
    set = 1u << 3,
    sortedset = 1u << 4,
    list = 1u << 5,
    hash = 1u << 6,
    string = 1u << 7,
    bitmap = 1u << 8,
    hyperloglog = 1u << 9,
    geo = 1u << 10,
    stream = 1u << 11,
    pubsub = 1u << 12,
    admin = 1u << 13,
    fast = 1u << 14,
    slow = 1u << 15,
    blocking = 1u << 16,
    dangerous = 1u << 17,
    connection = 1u << 18,
    transaction = 1u << 19,
    scripting = 1u << 20,
};

constexpr std::array<acl_category, 21> categories{{
    {"keyspace", keyspace},
    {"read", read},
    {"write", write},
    {"set", set},
    {"sortedset", sortedset},
    {"list", list},
    {"hash", hash},
    {"string", string},
    {"bitmap", bitmap},
    {"hyperloglog", hyperloglog},
    {"geo", geo},
    {"stream", stream},
    {"pubsub", pubsub},
    {"admin", admin},
    {"fast", fast},
    {"slow", slow},
    {"blocking", blocking},
    {"dangerous", dangerous},
    {"connection", connection},
    {"transaction", transaction},
    {"scripting", scripting},
}};

// In the order of command_group.
constexpr std::array<category_set, 17> of_groups{
    bitmap,       // bitmaps
    0,            // cluster
    connection,   // connection
    keyspace,     // generic
    geo,          // geo
    hash,         // hashes
    hyperloglog,  // hyperloglogs
    list,         // lists
    0,            // proxy
    0,            // pubsub: by its flag
    scripting,    // scripting
    0,            // server
    set,          // sets
    sortedset,    // sorted_sets
    stream,       // streams
    string,       // strings
    transaction,  // transactions
};

// What neither group nor flags tell. A command's name stands for its subcommands, too.
struct exception {
    std::string_view name;
    category_set also;
    category_set not_of;
};
constexpr std::array exceptions{
    exception{"asking", connection, 0},
    exception{"command", connection, 0},
    exception{"dbsize", keyspace, 0},
    exception{"flushall", keyspace | dangerous, 0},
    exception{"flushdb", keyspace | dangerous, 0},
    exception{"info", dangerous, 0},
    exception{"keys", dangerous, 0},
    exception{"lastsave", admin | dangerous, 0},
    exception{"migrate", dangerous, 0},
    exception{"proxy|after", connection, 0},
    exception{"proxy|explain", keyspace | read, 0},
    exception{"proxy|invalidate", keyspace | write | dangerous, 0},   // ours: as FLUSHDB
    exception{"proxy|meta", keyspace | read, 0},
    exception{"readonly", connection, 0},
    exception{"readwrite", connection, 0},
    exception{"restore", dangerous, 0},
    exception{"restore-asking", keyspace | dangerous, 0},
    exception{"role", admin | dangerous, 0},
    exception{"sort", set | sortedset | list | dangerous, keyspace},
    exception{"sort_ro", set | sortedset | list | dangerous, keyspace},
    exception{"swapdb", keyspace | dangerous, 0},
    exception{"wait", connection, keyspace},
};

category_set by_flags(const command_info& command, command_group group) {
    category_set found = command.has(command_flag::fast) ? fast : slow;
    if (command.has(command_flag::write)) found |= write;
    if (command.has(command_flag::readonly) && group != command_group::scripting) found |= read;
    if (command.has(command_flag::admin)) found |= admin | dangerous;
    if (command.has(command_flag::pubsub)) found |= pubsub;
    if (command.has(command_flag::blocking)) found |= blocking;
    return found;
}

}  // namespace

std::span<const acl_category> acl_categories() {
    return categories;
}

category_set find_category(std::string_view name) {
    for (const acl_category& each : categories) {
        if (equals_ignoring_case(name, each.name)) {
            return each.bit;
        }
    }
    return 0;
}

category_set categories_of(const command_info& command) {
    const std::string_view family = command.name.substr(0, command.name.find('|'));
    const command_group group = find_command(family)->group;
    category_set found = by_flags(command, group);
    // A command that is only the beginning of its subcommands' names does nothing itself.
    if (command.subcommands.empty()) found |= of_groups[static_cast<std::size_t>(group)];
    for (const exception& each : exceptions) {
        if (each.name == command.name || each.name == family) found = (found | each.also) & ~each.not_of;
    }
    return found;
}

}  // namespace respgres::protocol
