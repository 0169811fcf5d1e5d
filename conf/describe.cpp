#include "conf/options/tables.hpp"
#include "conf/reader.hpp"

namespace respgres::conf {

namespace {

// A '|' would end the cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char letter : text) out += letter == '|' ? std::string{"\\|"} : std::string(1, letter);
    return out;
}

template <class Section>
std::string describe_section(const std::string& header, const Section& defaults, std::string_view help) {
    auto out = "### " + header + "\n\n" + std::string{help} + "\n\n| key | values | default | meaning |\n|---|---|---|---|\n";
    for (const auto& option : options_of(defaults)) {
        const auto shown = option.is_required ? std::string{"required"} : option.show(defaults, option.range);
        out += "| `" + std::string{option.name} + "` | " + cell(option.describe_values(option.range)) + " | " + cell(shown) + " | " +
               cell(option.help) + " |\n";
    }
    return out;
}

}  // namespace

std::string describe() {
    std::string out;
    const settings defaults;
    for_each_section(defaults, [&](std::string_view name, const auto& section, std::string_view help) {
        out += describe_section("[" + std::string{name} + "]", section, help) + "\n";
    });
    return out +
           describe_section("[mapping.NAME]", mapping_settings{}, "A pattern of keys and the query that fills them; any number of them.") +
           "\n" + describe_section("[rule.NAME]", rule_settings{}, "What else than changed rows makes keys untrue; any number of them.") +
           "\n" + describe_section("[user.NAME]", user_settings{}, "A user, in the `users_file` of [auth]; any number of them.");
}

}  // namespace respgres::conf
