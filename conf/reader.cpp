#include "conf/reader.hpp"

#include "conf/options/checks.hpp"
#include "conf/options/tables.hpp"
#include "conf/toml/parse.hpp"
#include "conf/values/text_file.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

constexpr std::size_t longest_file = 1'024 * 1'024;

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    const auto guess = nearest(word, known);
    return guess.empty() ? "; known are " + one_of(known, " and ") : "; did you mean '" + std::string{guess} + "'?";
}

// The keys of one section, each by its row; what is not in the table and what should be in the file is a problem.
template <class Section>
void read_options(notes& found, const node& table, const std::string& title, Section& into) {
    const auto options = options_of(into);
    for (const auto& each : table.entries) {
        const auto row = std::find_if(options.begin(), options.end(), [&](const auto& option) { return option.name == each.key; });
        if (row != options.end()) {
            row->read(found, *row, each.value, into);
            continue;
        }
        std::vector<std::string_view> known;
        for (const auto& option : options) known.push_back(option.name);
        found.add(each.where, "unknown key " + quote(each.key) + " in " + title + did_you_mean(each.key, known));
    }
    for (const auto& option : options) {
        if (option.is_required && table.find(option.name) == nullptr)
            found.add(table.where, title + " needs '" + std::string{option.name} + "': " + std::string{option.help});
    }
}

// What stands at the top of the file: sections, all of them known.
void check_sections(notes& found, const node& root) {
    const settings none;
    std::vector<std::string_view> known;
    for_each_section(none, [&](std::string_view name, const auto&, auto&&) { known.push_back(name); });
    known.push_back(mapping_section);
    for (const auto& [key, where, value] : root.entries) {
        const bool is_known = std::find(known.begin(), known.end(), key) != known.end();
        if (is_known && value.kind == node_kind::table) continue;
        const auto header = key == mapping_section ? "[mapping.NAME]" : "[" + key + "]";
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

// The table under `name`, or `none`; another value under that name has its problem already.
const node& table_of(const node& root, std::string_view name, const node& none) {
    const auto* found = root.find(name);
    return found != nullptr && found->kind == node_kind::table ? *found : none;
}

void read_settings(notes& found, const node& root, settings& into) {
    const node none;
    check_sections(found, root);
    for_each_section(into, [&](std::string_view name, auto& section, auto&&) {
        read_options(found, table_of(root, name, none), "[" + std::string{name} + "]", section);
    });
    for (const auto& each : table_of(root, mapping_section, none).entries) read_mapping(found, each, into.mappings);

    check_server(found, table_of(root, "server", none), into.server, into.tls);
    check_tls(found, table_of(root, "tls", none), into.tls, into.server);
    check_admin(found, into.admin, into.server);
    check_redis(found, table_of(root, "redis", none), into.redis);
    check_postgres(found, table_of(root, "postgres", none), into.postgres, !into.mappings.empty());
}

}  // namespace

read_outcome read_text(std::string_view toml, const std::string& name, bool is_private) {
    read_outcome outcome;
    notes found{name, is_private};
    outcome.value.file = name;
    const auto parsed = parse_toml(toml);
    if (parsed.wrong.empty())
        read_settings(found, parsed.root, outcome.value);
    else
        found.add(parsed.where, parsed.wrong);
    outcome.found = found.take();
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
