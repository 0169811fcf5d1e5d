#include "conf/users_file.hpp"

#include "conf/options/read_options.hpp"
#include "conf/toml/parse.hpp"
#include "conf/values/text_file.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

constexpr std::size_t longest_file = 4 * 1'024 * 1'024;
constexpr std::size_t longest_name = 128;

// Redis' own rule for names, and one for people who read them in a log.
bool is_user_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

void read_user(notes& found, const entry& from, std::vector<user_settings>& into) {
    const auto title = "[user." + printable(from.key, 64) + "]";
    if (from.value.kind != node_kind::table)
        return found.add(from.where,
                         quote(from.key) + " in [user] " + wrong_type("a user's table with the header [user.NAME]", from.value));
    auto& user = into.emplace_back();
    user.name = from.key;
    user.where = found.at(from.value.where);
    if (!is_user_name(user.name))
        found.add(user.where, title + ": a name has 1 to " + std::to_string(longest_name) + " printable characters, no space");
    read_options(found, from.value, title, user);
    if (user.nopass && !user.password.empty())
        found.add(user.where, title + ": nopass = true says that any password is right; leave out password, or nopass");
    if (!user.nopass && user.password.empty() && user.enabled)
        found.add(user.where, title + " needs 'password' (respgres hash-password makes one), or nopass = true, or enabled = false");
}

void read_users(notes& found, const node& root, std::vector<user_settings>& into) {
    for (const auto& [key, where, value] : root.entries) {
        if (key != user_section || value.kind != node_kind::table) {
            found.add(where, quote(key) + ": a users file has only sections with headers [user.NAME]");
            continue;
        }
        for (const auto& each : value.entries) read_user(found, each, into);
    }
}

}  // namespace

std::vector<user_settings> read_users_file(const std::string& path, const position& named, problems& found) {
    std::vector<user_settings> users;
    auto file = read_text_file(path, longest_file);
    if (file.wrong.empty() && !file.is_private) file.wrong = "is open to every user of this machine; chmod 600 or 640 it";
    if (!file.wrong.empty()) {
        found.push_back({named, "users_file: " + quote(path) + " " + file.wrong});
        return users;
    }
    notes in_file{path};
    const auto parsed = parse_toml(file.text);
    if (parsed.wrong.empty())
        read_users(in_file, parsed.root, users);
    else
        in_file.add(parsed.where, parsed.wrong);
    for (auto& each : in_file.take()) found.push_back(std::move(each));
    return users;
}

}  // namespace respgres::conf
