#include "proxy/users/permissions.hpp"

#include "conf/values/text.hpp"
#include "protocol/commands/acl_categories.hpp"
#include "proxy/users/glob.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

using protocol::command_info;

// Calls `visit` for each command and subcommand.
template <class Visitor>
void for_each_command(Visitor&& visit) {
    for (const command_info& row : protocol::all_commands()) {
        visit(row);
        for (const command_info& sub : row.subcommands) visit(sub);
    }
}

// "config|get" as the row of the subcommand, "get" as that of the command.
const command_info* find_named(std::string_view name) {
    const auto bar = name.find('|');
    if (bar == std::string_view::npos) return protocol::find_command(name);
    const std::array<std::string_view, 2> words{name.substr(0, bar), name.substr(bar + 1)};
    const command_info* found = protocol::find_command(protocol::command_words(words));
    return found != nullptr && found->name.find('|') != std::string_view::npos ? found : nullptr;
}

std::string no_such_command(std::string_view name) {
    std::vector<std::string_view> known;
    for_each_command([&known](const command_info& row) { known.push_back(row.name); });
    const auto guess = conf::nearest(name, known);
    const auto bar = name.find('|');
    const command_info* whole = bar == std::string_view::npos ? nullptr : protocol::find_command(name.substr(0, bar));
    if (whole != nullptr && whole->subcommands.empty())
        return conf::quote(whole->name) + " has no subcommands; rules for arguments are not supported";
    return "there is no command " + conf::quote(name) + (guess.empty() ? "" : "; did you mean '" + std::string(guess) + "'?");
}

std::string no_such_category(std::string_view name) {
    std::vector<std::string_view> known{"all"};
    for (const auto& each : protocol::acl_categories()) known.push_back(each.name);
    return "there is no category " + conf::quote(name) + "; there are " + conf::one_of(known, " and ");
}

bool has_space(std::string_view word) {
    return word.find_first_of(std::string_view(" \t\r\n\v\f\0", 7)) != std::string_view::npos;
}

}  // namespace

void permissions::set_command(const command_info& command, bool allowed) {
    commands_[facts_of(command).number] = allowed;
    for (const command_info& sub : command.subcommands) commands_[facts_of(sub).number] = allowed;
}

std::string permissions::add_command_word(std::string_view word) {
    if (word == "allcommands") word = "+@all";
    if (word == "nocommands") word = "-@all";
    if (word.size() < 2 || (word[0] != '+' && word[0] != '-')) return "write +command, -command, +@category or -@category";
    const bool allowed = word[0] == '+';
    const std::string_view name = word.substr(1);
    if (name == "@all") {
        if (allowed)
            commands_.set();
        else
            commands_.reset();
        described_commands_ = word;
        return {};
    }
    if (name[0] == '@') {
        const auto category = protocol::find_category(name.substr(1));
        if (category == 0) return no_such_category(name.substr(1));
        for_each_command([&](const command_info& row) {
            if ((protocol::categories_of(row) & category) != 0) commands_[facts_of(row).number] = allowed;
        });
    } else {
        const command_info* command = find_named(name);
        if (command == nullptr) return no_such_command(name);
        set_command(*command, allowed);
    }
    described_commands_.append(" ").append(word);
    return {};
}

std::string permissions::add_key_word(std::string_view word) {
    if (word == "allkeys") word = "~*";
    if (has_space(word)) return "a pattern contains no space";
    key_rule rule{{}, true, true};
    if (word.starts_with('~')) {
        rule.glob = word.substr(1);
    } else {
        const auto tilde = word.find('~');
        const std::string_view rights = word.substr(0, tilde == std::string_view::npos ? 0 : tilde);
        if (rights != "%R" && rights != "%W" && rights != "%RW" && rights != "%WR") return "write ~pattern, %R~pattern or %W~pattern";
        rule.glob = word.substr(tilde + 1);
        rule.read = rights != "%W";
        rule.write = rights != "%R";
    }
    if (rule.glob == "*" && rule.read && rule.write)
        all_keys_ = true;
    else
        keys_.push_back(std::move(rule));
    return {};
}

std::string permissions::add_channel_word(std::string_view word) {
    if (word == "allchannels") word = "&*";
    if (has_space(word)) return "a pattern contains no space";
    if (!word.starts_with('&')) return "write &pattern";
    if (word == "&*")
        all_channels_ = true;
    else
        channels_.emplace_back(word.substr(1));
    return {};
}

permissions permissions::compile(const conf::user_settings& user, conf::problems& found) {
    permissions made;
    const auto add_all = [&](const auto& words, std::string_view option, auto add) {
        for (const auto& word : words) {
            if (word.value.empty()) continue;   // it has its problem already
            if (const std::string wrong = (made.*add)(word.value); !wrong.empty())
                found.push_back({word.where, std::string(option) + ": " + conf::quote(word.value) + ": " + wrong});
        }
    };
    add_all(user.commands, "commands", &permissions::add_command_word);
    add_all(user.keys, "keys", &permissions::add_key_word);
    add_all(user.channels, "channels", &permissions::add_channel_word);
    made.everything_ = made.may_run_all() && made.all_keys_ && made.all_channels_;
    return made;
}

bool permissions::may_use_key(std::string_view key, key_need need) const {
    return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [key, need](const key_rule& rule) {
               return (rule.read || !need.read) && (rule.write || !need.write) && matches_glob(rule.glob, key);
           });
}

bool permissions::may_read_all_keys() const {
    return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [](const key_rule& rule) { return rule.read && rule.glob == "*"; });
}

bool permissions::may_use_channel(std::string_view channel) const {
    return all_channels_ ||
           std::any_of(channels_.begin(), channels_.end(), [channel](const std::string& glob) { return matches_glob(glob, channel); });
}

bool permissions::may_use_channel_pattern(std::string_view pattern) const {
    return all_channels_ || std::find(channels_.begin(), channels_.end(), pattern) != channels_.end();
}

std::string permissions::described_keys() const {
    std::string text = all_keys_ ? "~*" : "";
    for (const key_rule& rule : keys_)
        text.append(text.empty() ? "" : " ").append(rule.read && rule.write ? "~" : rule.read ? "%R~" : "%W~").append(rule.glob);
    return text;
}

std::string permissions::described_channels() const {
    std::string text = all_channels_ ? "&*" : "";
    for (const std::string& glob : channels_) text.append(text.empty() ? "" : " ").append("&").append(glob);
    return text;
}

}  // namespace respgres::proxy
