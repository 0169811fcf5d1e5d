#include "proxy/commands/mapped_keys.hpp"

namespace respgres::proxy {

namespace {

bool runs_script(std::string_view name) {
    return name.starts_with("eval") || name.starts_with("fcall");
}

}  // namespace

std::vector<std::string> keys_of(const mapped_keys& keys) {
    std::vector<std::string> copies;
    for (const mapped_key& k : keys) copies.emplace_back(k.key);
    return copies;
}

mapped_keys find_mapped_keys(const mapping_table& mappings, const protocol::command_info& command, protocol::command_words words,
                             captures& scratch) {
    mapped_keys found;
    protocol::for_each_key(command, words, [&](protocol::key_position at) {
        const std::string_view key = words[at.argument];
        const mapping* source = mappings.find(key, scratch);
        if (source == nullptr) return;
        const auto access = runs_script(command.name) ? protocol::key_access::read : at.access;
        found.push_back({key, source, access, scratch.invalid == nullptr});
    });
    return found;
}

}  // namespace respgres::proxy
