#include "proxy/users/user.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

using protocol::command_info;
using protocol::command_words;
using protocol::equals_ignoring_case;

enum class refusal : std::uint8_t { none, not_authenticated, command, key, channel, script, sort_by, sort_get };

struct verdict {
    refusal why = refusal::none;
    std::string_view what = {};  // the key or channel
};

bool runs_script(std::string_view name) {
    return name.starts_with("eval") || name.starts_with("fcall");
}

// SORT's BY and GET read keys that no rule can be held against.
verdict check_sort(const permissions& rights, command_words words) {
    if (rights.may_read_all_keys()) return {};
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::size_t left = words.size() - i - 1;
        if (equals_ignoring_case(words[i], "limit") && left >= 2) {
            i += 2;
        } else if (equals_ignoring_case(words[i], "by") && left >= 1) {
            if (words[++i].find('*') != std::string_view::npos) return {refusal::sort_by};
        } else if (equals_ignoring_case(words[i], "get") && left >= 1) {
            return {refusal::sort_get};
        } else if (equals_ignoring_case(words[i], "store") && left >= 1) {
            ++i;
        }
    }
    return {};
}

verdict check_channels(const permissions& rights, const command_info& command, command_words words) {
    const bool publishes = command.name == "publish" || command.name == "spublish";
    const bool subscribes = command.name == "subscribe" || command.name == "ssubscribe";
    const bool by_pattern = command.name == "psubscribe";
    if (!publishes && !subscribes && !by_pattern) return {};   // whoever has subscribed may end it
    const auto channels = publishes ? words.subspan(1, 1) : words.subspan(1);
    for (const std::string_view channel : channels)
        if (!(by_pattern ? rights.may_use_channel_pattern(channel) : rights.may_use_channel(channel))) return {refusal::channel, channel};
    return {};
}

verdict check_keys(const permissions& rights, const command_info& command, command_words words) {
    verdict found;
    protocol::for_each_key(command, words, [&](protocol::key_position at) {
        if (found.why == refusal::none && !rights.may_use_key(words[at.argument], need_of(command, at)))
            found = {refusal::key, words[at.argument]};
    });
    return found;
}

verdict check(const user& of, const command_info& command, command_words words) {
    if (command.has(protocol::command_flag::no_auth)) return {};
    if (of.by == user::checks::nobody_yet) return {refusal::not_authenticated};
    if (of.by == user::checks::redis) return {};
    const permissions& rights = of.rights;
    if (!rights.may_run(command)) return {refusal::command};
    if (!rights.may_use_all_keys()) {
        if (const verdict keys = check_keys(rights, command, words); keys.why != refusal::none) return keys;
        if (command.name == "sort" || command.name == "sort_ro") {
            if (const verdict sort = check_sort(rights, words); sort.why != refusal::none) return sort;
        }
    }
    if (!rights.may_use_all_channels()) {
        if (const verdict channels = check_channels(rights, command, words); channels.why != refusal::none) return channels;
    }
    // What a script does Redis would check against the user; here it sees the proxy's own.
    return runs_script(command.name) && !rights.may_do_everything() ? verdict{refusal::script} : verdict{};
}

}  // namespace

std::string denial(const user& of, const command_info& command, command_words words) {
    switch (check(of, command, words).why) {
        case refusal::none: return {};
        case refusal::not_authenticated: return "NOAUTH Authentication required.";
        case refusal::command: return "NOPERM this user has no permissions to run the '" + std::string(command.name) + "' command";
        case refusal::key: return "NOPERM this user has no permissions to access one of the keys used as arguments";
        case refusal::channel: return "NOPERM this user has no permissions to access one of the channels used as arguments";
        case refusal::sort_by: return "ERR BY option of SORT denied due to insufficient ACL permissions.";
        case refusal::sort_get: return "ERR GET option of SORT denied due to insufficient ACL permissions.";
        case refusal::script:
            return "NOPERM a script runs in Redis with the proxy's own rights, so only a user with all commands, keys and channels may run "
                   "'" +
                   std::string(command.name) + "'; mode = \"redis\" in [auth] has no such limit";
    }
    return {};
}

std::string denial_of_unknown(const user& of, command_words words) {
    const bool may = of.by == user::checks::redis || (of.by == user::checks::ours && of.rights.may_run_unknown());
    return may ? std::string() : protocol::unknown_command_error(words);
}

std::string dry_run_denial(const user& of, const command_info& command, command_words words) {
    const verdict found = check(of, command, words);
    const std::string begin = "This user has no permissions to ";
    switch (found.why) {
        case refusal::none: return {};
        case refusal::key: return begin + "access the '" + std::string(found.what) + "' key";
        case refusal::channel: return begin + "access the '" + std::string(found.what) + "' channel";
        case refusal::sort_by:
        case refusal::sort_get: return {};   // Redis does not look so far
        default: return begin + "run the '" + std::string(command.name) + "' command";
    }
}

}  // namespace respgres::proxy
