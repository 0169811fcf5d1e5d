#include "protocol/commands/command_memo.hpp"

namespace respgres::protocol {

const command_memo::entry* command_memo::look_up(entry& place, std::uint64_t word, std::string_view name) {
    const command_info* command = find_command(name);
    // EXISTS has one key or several.
    if (command == nullptr || !command->subcommands.empty() || command->has(command_flag::blocking) || command->name == "exists")
        return nullptr;
    const key_spec& first = command->keys[0];
    const bool is_first_word = first.how == key_spec::kind::range && first.position == 1 && first.last == 0;
    const bool is_only_key = command->keys[1].how == key_spec::kind::none;
    place = {word, command, command->how == handling::forward, is_first_word && is_only_key};
    return &place;
}

}  // namespace respgres::protocol
