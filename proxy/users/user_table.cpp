#include "proxy/users/user_table.hpp"

#include <utility>

namespace respgres::proxy {

user_table user_table::build(const conf::settings& settings, conf::problems& found) {
    user_table table;
    for (const conf::user_settings& from : settings.users) {
        user made;
        made.name = from.name;
        made.enabled = from.enabled;
        made.nopass = from.nopass;
        made.rights = permissions::compile(from, found);
        for (const auto& text : from.password) {
            if (text.value.empty()) continue;   // it has its problem already
            std::string complaint;
            if (auto hash = password_hash::parse(text.value, complaint))
                made.passwords.push_back(std::move(*hash));
            else
                found.push_back({text.where, "password: " + complaint});
        }
        table.users_.emplace(from.name, std::move(made));
    }
    return table;
}

const user* user_table::find(std::string_view name) const {
    const auto found = users_.find(name);
    return found == users_.end() ? nullptr : &found->second;
}

const password_hash* user_table::slowest_hash() const {
    const password_hash* slowest = nullptr;
    for (const auto& [name, each] : users_)
        for (const password_hash& hash : each.passwords)
            if (slowest == nullptr || hash.iterations() > slowest->iterations()) slowest = &hash;
    return slowest;
}

}  // namespace respgres::proxy
