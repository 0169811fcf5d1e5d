#include "protocol/commands/empty_reply.hpp"

#include <algorithm>
#include <array>

namespace respgres::protocol {

namespace {

// How most commands say "nothing there"; the order is that of frequency.
constexpr std::array<std::string_view, 4> nothing = {"$-1\r\n", "_\r\n", ":0\r\n", "*-1\r\n"};

// Commands with words of their own, sorted, one row for each way how their reply begins. An empty beginning fits every reply.
struct own_words {
    std::string_view command;
    std::string_view beginning;
};

constexpr std::string_view any_reply = "";
constexpr std::string_view no_time = ":-2\r\n";
constexpr std::string_view empty_text = "$0\r\n\r\n";
constexpr std::string_view end_of_scan = "*2\r\n$1\r\n0\r\n*0\r\n";

constexpr own_words exceptions[] = {
    {"bitpos", ":-1\r\n"},   // the first 1 is nowhere,
    {"bitpos", ":0\r\n"},    // the first 0 in front
    {"eval", any_reply},           {"eval_ro", any_reply},   {"evalsha", any_reply},   {"evalsha_ro", any_reply},
    {"expiretime", no_time},       {"fcall", any_reply},     {"fcall_ro", any_reply},  {"getrange", empty_text},
    {"hscan", end_of_scan},        {"lcs", any_reply},       {"pexpiretime", no_time}, {"pttl", no_time},
    {"sscan", end_of_scan},        {"substr", empty_text},   {"ttl", no_time},         {"type", "+none\r\n"},
    {"xinfo", "-ERR no such key"}, {"xpending", "-NOGROUP"}, {"zscan", end_of_scan},
};
static_assert(std::ranges::is_sorted(exceptions, {}, &own_words::command));

// Takes one "nothing" from the front of `reply`.
bool take_nothing(std::string_view& reply) {
    for (const std::string_view text : nothing) {
        if (reply.starts_with(text)) {
            reply.remove_prefix(text.size());
            return true;
        }
    }
    return false;
}

// An empty array, set or map, or an array of nothings only.
bool is_empty_aggregate(std::string_view reply) {
    if (reply.empty() || (reply[0] != '*' && reply[0] != '~' && reply[0] != '%')) {
        return false;
    }
    const std::size_t line_end = reply.find('\n');
    if (line_end == std::string_view::npos) {
        return false;
    }
    reply.remove_prefix(line_end + 1);
    while (take_nothing(reply)) {
    }
    return reply.empty();
}

}  // namespace

bool may_mean_absent(const command_info& command, std::string_view reply) {
    // The usual hit, a text with content: only a script or LCS, which have more than a single key, might give it for an absent key.
    if (has_single_key(command) && reply.size() > 1 && reply[0] == '$' && reply[1] >= '1' && reply[1] <= '9') {
        return false;
    }
    // "xinfo|stream" speaks as "xinfo" does.
    const std::string_view name = command.name.substr(0, command.name.find('|'));
    const auto own = std::ranges::equal_range(exceptions, name, {}, &own_words::command);
    if (!own.empty()) {
        return std::ranges::any_of(own, [&](std::string_view beginning) { return reply.starts_with(beginning); }, &own_words::beginning);
    }
    return std::ranges::find(nothing, reply) != nothing.end() || is_empty_aggregate(reply);
}

}  // namespace respgres::protocol
