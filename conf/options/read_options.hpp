#pragma once

#include "conf/options/notes.hpp"
#include "conf/options/tables.hpp"
#include "conf/problem.hpp"
#include "conf/toml/node.hpp"
#include "conf/values/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::conf {

inline std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
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

}  // namespace respgres::conf
