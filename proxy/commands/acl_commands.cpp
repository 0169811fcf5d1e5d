// ACL: answered by the proxy where the users are its own; else Redis' users are meant, and Redis answers.
#include "protocol/commands/acl_categories.hpp"
#include "protocol/commands/c_text.hpp"
#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/local_commands.hpp"

#include <array>
#include <vector>

namespace respgres::proxy {

namespace {

bool users_are_ours(const local_call& call) {
    return call.services.auth.mode() == conf::auth_mode::users;
}

template <local_handler Own>
void own_or_redis(local_call& call) {
    if (users_are_ours(call))
        Own(call);
    else
        call.how = local_call::ending::to_redis;
}

void to_redis(local_call& call) {
    call.how = local_call::ending::to_redis;
}

void whoami(local_call& call) {
    call.out.bulk(call.client.who()->name);
}

void users(local_call& call) {
    call.out.array(call.services.auth.users().all().size());
    for (const auto& [name, each] : call.services.auth.users().all()) call.out.bulk(name);
}

// As Redis writes a user; of hashes only that there are some.
std::string line_of(const user& each) {
    std::string line = "user " + each.name + (each.enabled ? " on" : " off");
    if (each.nopass) line += " nopass";
    for (std::size_t i = 0; i < each.passwords.size(); ++i) line += " #<hidden>";
    const std::string keys = each.rights.described_keys();
    const std::string channels = each.rights.described_channels();
    if (!keys.empty()) line += " " + keys;
    if (!each.rights.may_use_all_channels()) line += " resetchannels";
    if (!channels.empty()) line += " " + channels;
    return line + " " + each.rights.described_commands();
}

void list(local_call& call) {
    call.out.array(call.services.auth.users().all().size());
    for (const auto& [name, each] : call.services.auth.users().all()) call.out.bulk(line_of(each));
}

void getuser(local_call& call) {
    const user* const found = call.services.auth.find(call.words[2]);
    if (found == nullptr) return call.out.null();
    auto& out = call.out;
    out.map(6);
    out.bulk("flags");
    out.set(found->nopass ? 2 : 1);
    out.bulk(found->enabled ? "on" : "off");
    if (found->nopass) out.bulk("nopass");
    out.bulk("passwords");
    out.array(found->passwords.size());
    for (std::size_t i = 0; i < found->passwords.size(); ++i) out.bulk("<hidden>");
    out.bulk("commands");
    out.bulk(found->rights.described_commands());
    out.bulk("keys");
    out.bulk(found->rights.described_keys());
    out.bulk("channels");
    out.bulk(found->rights.described_channels());
    out.bulk("selectors");
    out.array(0);
}

void cat(local_call& call) {
    if (call.words.size() > 3) return call.out.error("ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.");
    std::vector<std::string_view> names;
    if (call.words.size() == 2) {
        for (const auto& each : protocol::acl_categories()) names.push_back(each.name);
    } else {
        const auto category = protocol::find_category(call.words[2]);
        if (category == 0) return call.out.error("ERR Unknown category '" + protocol::as_c_text(call.words[2], 128) + "'");
        const auto add = [&](const protocol::command_info& row) {
            if ((protocol::categories_of(row) & category) != 0) names.push_back(row.name);
        };
        for (const protocol::command_info& row : protocol::all_commands()) {
            add(row);
            for (const protocol::command_info& sub : row.subcommands) add(sub);
        }
    }
    call.out.array(names.size());
    for (const std::string_view name : names) call.out.bulk(name);
}

void dryrun(local_call& call) {
    const user* const found = call.services.auth.find(call.words[2]);
    if (found == nullptr) return call.out.error("ERR User '" + protocol::as_c_text(call.words[2], 128) + "' not found");
    const auto words = call.words.subspan(3);
    const protocol::command_info* const command = protocol::find_command(words);
    if (command == nullptr) return call.out.error("ERR Command '" + protocol::as_c_text(words[0], 128) + "' not found");
    if (!command->arity_fits(words.size())) return call.out.error(protocol::wrong_arity_error(command->name));
    const std::string denied = dry_run_denial(*found, *command, words);
    if (denied.empty()) return call.out.simple("OK");
    call.out.bulk(denied);
}

void change(local_call& call) {
    call.out.error(
        "ERR unsupported command 'ACL': the users are those of users_file in [auth]; change that file and start the proxy again");
}

void log(local_call& call) {
    call.out.error("ERR unsupported command 'ACL LOG': the proxy's own log tells who failed to authenticate, PROXY STATS how often");
}

// Arity is checked before, so this one is never without a subcommand that the table knows.
constexpr std::array rows{
    local_row{"acl|cat", own_or_redis<cat>},         local_row{"acl|deluser", own_or_redis<change>},
    local_row{"acl|dryrun", own_or_redis<dryrun>},   local_row{"acl|genpass", to_redis},
    local_row{"acl|getuser", own_or_redis<getuser>}, local_row{"acl|help", to_redis},
    local_row{"acl|list", own_or_redis<list>},       local_row{"acl|load", own_or_redis<change>},
    local_row{"acl|log", own_or_redis<log>},         local_row{"acl|save", own_or_redis<change>},
    local_row{"acl|setuser", own_or_redis<change>},  local_row{"acl|users", own_or_redis<users>},
    local_row{"acl|whoami", own_or_redis<whoami>},
};

}  // namespace

std::span<const local_row> acl_commands() {
    return rows;
}

}  // namespace respgres::proxy
