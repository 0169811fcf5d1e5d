#include "protocol/commands/c_text.hpp"
#include "protocol/commands/command_table.hpp"
#include "protocol/commands/ignoring_case.hpp"

#include <algorithm>

namespace respgres::protocol {

namespace {

// Redis shows at most this many bytes of a name, and of all arguments together (but for the last one's quote and space).
constexpr std::size_t shown_bytes = 128;

std::string in_upper_case(std::string_view text) {
    std::string upper(text);
    std::transform(upper.begin(), upper.end(), upper.begin(), to_upper);
    return upper;
}

// A line end in a client's word must not end the error's line.
std::string on_one_line(std::string error) {
    std::replace_if(error.begin(), error.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return error;
}

// ('a', "b c", '') is printed as `'a' 'b c' '' `.
std::string shown_arguments(command_words arguments) {
    std::string text;
    for (std::size_t i = 0; i < arguments.size() && text.size() < shown_bytes; ++i) {
        const std::string argument = as_c_text(arguments[i], shown_bytes - text.size());
        text.append("'").append(argument).append("' ");
    }
    return text;
}

}  // namespace

std::string unknown_command_error(command_words words) {
    const command_info* command = find_command(words[0]);
    std::string error;
    if (command != nullptr && !command->subcommands.empty() && words.size() > 1) {
        error.append("ERR unknown subcommand '")
            .append(as_c_text(words[1], shown_bytes))
            .append("'. Try ")
            .append(in_upper_case(command->name))
            .append(" HELP.");
    } else {
        error.append("ERR unknown command '")
            .append(as_c_text(words[0], shown_bytes))
            .append("', with args beginning with: ")
            .append(shown_arguments(words.subspan(1)));
    }
    return on_one_line(std::move(error));
}

std::string wrong_arity_error(std::string_view name) {
    return std::string("ERR wrong number of arguments for '").append(name).append("' command");
}

std::string unsupported_command_error(const command_info& command, command_words words) {
    const command_info& row = row_for(command, words);
    return "ERR unsupported command '" + in_upper_case(row.name) + "': " + std::string(row.why);
}

}  // namespace respgres::protocol
