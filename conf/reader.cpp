#include "conf/reader.hpp"

#include "conf/options/checks.hpp"
#include "conf/options/read_options.hpp"
#include "conf/options/tables.hpp"
#include "conf/toml/parse.hpp"
#include "conf/users_file.hpp"
#include "conf/values/text_file.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

constexpr std::size_t longest_file = 1'024 * 1'024;

// What stands at the top of the file: sections, all of them known.
void check_sections(notes& found, const node& root) {
    const settings none;
    std::vector<std::string_view> known;
    for_each_section(none, [&](std::string_view name, const auto&, auto&&) { known.push_back(name); });
    known.push_back(mapping_section);
    known.push_back(rule_section);
    for (const auto& [key, where, value] : root.entries) {
        const bool is_known = std::find(known.begin(), known.end(), key) != known.end();
        if (is_known && value.kind == node_kind::table) continue;
        const auto header = key == mapping_section || key == rule_section ? "[" + key + ".NAME]" : "[" + key + "]";
        if (is_known)
            found.add(where, quote(key) + " " + wrong_type("a section with the header " + header, value));
        else if (value.kind == node_kind::table)
            found.add(where, "unknown section " + quote(key) + did_you_mean(key, known));
        else
            found.add(where, "key " + quote(key) + " stands in no section; sections are " + one_of(known, " and "));
    }
}

void read_mapping(notes& found, const entry& from, std::vector<mapping_settings>& into) {
    const auto title = "[mapping." + printable(from.key, 64) + "]";
    if (from.value.kind != node_kind::table)
        return found.add(from.where,
                         quote(from.key) + " in [mapping] " + wrong_type("a mapping's table with the header " + title, from.value));
    auto& mapping = into.emplace_back();
    mapping.name = from.key;
    mapping.where = found.at(from.value.where);
    read_options(found, from.value, title, mapping);
    check_mapping(found, from.value, mapping);
}

void read_rule(notes& found, const entry& from, freshness_source source, std::vector<rule_settings>& into) {
    const auto title = "[rule." + printable(from.key, 64) + "]";
    if (from.value.kind != node_kind::table)
        return found.add(from.where, quote(from.key) + " in [rule] " + wrong_type("a rule's table with the header " + title, from.value));
    auto& rule = into.emplace_back();
    rule.name = from.key;
    rule.where = found.at(from.value.where);
    read_options(found, from.value, title, rule);
    check_rule(found, from.value, rule, source);
}

// The table under `name`, or `none`; another value under that name has its problem already.
const node& table_of(const node& root, std::string_view name, const node& none) {
    const auto* found = root.find(name);
    return found != nullptr && found->kind == node_kind::table ? *found : none;
}

// `of_users` gets what is wrong with the users file.
void read_settings(notes& found, const node& root, settings& into, problems& of_users) {
    const node none;
    check_sections(found, root);
    for_each_section(into, [&](std::string_view name, auto& section, auto&&) {
        read_options(found, table_of(root, name, none), "[" + std::string{name} + "]", section);
    });
    for (const auto& each : table_of(root, mapping_section, none).entries) read_mapping(found, each, into.mappings);
    for (const auto& each : table_of(root, rule_section, none).entries) read_rule(found, each, into.freshness.source.value, into.rules);
    check_notifications(found, into);

    for (const auto& mapping : into.mappings) check_followed(found, mapping, into.freshness);
    check_auth(found, table_of(root, "auth", none), into.auth);
    if (into.auth.mode.value == auth_mode::users && !into.auth.users_file.value.empty())
        into.users = read_users_file(beside(found.file(), into.auth.users_file.value), into.auth.users_file.where, of_users);
    check_server(found, table_of(root, "server", none), into.server, into.tls, requires_password(into.auth, into.users));
    check_tls(found, table_of(root, "tls", none), into.tls, into.server);
    check_admin(found, into.admin, into.server);
    check_near_cache(found, into.near_cache);
    check_redis(found, table_of(root, "redis", none), into.redis);
    check_postgres(found, table_of(root, "postgres", none), into.postgres, !into.mappings.empty());
}

}  // namespace

read_outcome read_text(std::string_view toml, const std::string& name, bool is_private) {
    read_outcome outcome;
    notes found{name, is_private};
    outcome.value.file = name;
    problems of_users;
    const auto parsed = parse_toml(toml);
    if (parsed.wrong.empty())
        read_settings(found, parsed.root, outcome.value, of_users);
    else
        found.add(parsed.where, parsed.wrong);
    outcome.found = found.take();
    outcome.found.insert(outcome.found.end(), of_users.begin(), of_users.end());
    return outcome;
}

read_outcome read_file(const std::string& path) {
    auto file = read_text_file(path, longest_file);
    if (file.wrong.empty() && file.text.find_first_not_of(" \t\r\n") == std::string::npos)
        file.wrong = "is empty; respgres serve needs a configuration, conf/betting.toml is an example";
    if (file.wrong.empty()) return read_text(file.text, path, file.is_private);
    read_outcome outcome;
    outcome.value.file = path;
    outcome.found.emplace_back(position{path, 0, 0}, "the configuration file " + file.wrong);
    return outcome;
}

}  // namespace respgres::conf
