#include "proxy/commands/command_guard.hpp"

#include "proxy/commands/stateful_client.hpp"

namespace respgres::proxy {

namespace {

std::string denial_of(const user& who, const protocol::command_info* command, protocol::command_words words) {
    if (command == nullptr) return denial_of_unknown(who, words);
    return command->arity_fits(words.size()) ? denial(who, *command, words) : std::string();
}

}  // namespace

std::string denial_for(session& client, protocol::command_words words) {
    const protocol::command_info* command = protocol::find_command(words);
    std::string denied = denial_of(*client.who(), command, words);
    if (denied.empty()) return denied;
    stateful_client* state = stateful_client::find(client);
    const bool is_exec = command != nullptr && command->name == "exec";
    if (state != nullptr && state->transaction) {
        state->transaction->spoil();
        if (is_exec) {
            state->transaction.reset();
            state->release(false);
        }
    }
    return is_exec ? "EXECABORT Transaction discarded because of: " + denied : denied;
}

}  // namespace respgres::proxy
