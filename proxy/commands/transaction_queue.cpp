#include "proxy/commands/transaction_queue.hpp"

#include "proxy/commands/mapped_keys.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <charconv>

namespace respgres::proxy {

namespace {

using protocol::command_info;
using protocol::command_words;
using protocol::handling;
using protocol::key_access;

constexpr std::string_view not_allowed = "ERR Command not allowed inside a transaction";

// Commands that are no business of Redis otherwise, but mean the same if it carries them out with the rest.
bool may_run_in_redis(const command_info& command) {
    return command.name == "ping" || command.name == "echo" || command.name == "select" || command.name == "unwatch";
}

}  // namespace

std::string transaction_queue::refuse(std::string why) {
    spoilt_ = true;
    return why;
}

std::string transaction_queue::take(std::string_view frame) {
    if (frames_.size() + frame.size() > most_bytes_)
        return refuse("ERR the transaction is larger than max_command = " + std::to_string(most_bytes_) + " bytes");
    frames_.append(frame);
    ++count_;
    return {};
}

std::string transaction_queue::add_unknown(std::string_view frame) {
    return take(frame);
}

std::string transaction_queue::add(const mapping_table& mappings, std::uint32_t mapped_database, command_words words,
                                   std::string_view frame) {
    const command_info* command = protocol::find_command(words);
    if (command == nullptr) return refuse(protocol::unknown_command_error(words));
    if (!command->arity_fits(words.size())) return refuse(protocol::wrong_arity_error(command->name));
    const handling how = protocol::handling_of(*command, words);
    if (how == handling::refused) return refuse(protocol::unsupported_command_error(*command, words));
    if ((how == handling::stateful || how == handling::local) && !may_run_in_redis(*command)) return refuse(std::string(not_allowed));
    if (command->name == "select") {
        if (auto wrong = note_select(words); !wrong.empty()) return refuse(std::move(wrong));
    } else if (command->has_keys() && database_ == mapped_database) {
        if (auto wrong = note_keys(mappings, *command, words); !wrong.empty()) return refuse(std::move(wrong));
    }
    return take(frame);
}

// A SELECT that Redis will refuse changes nothing, and is queued like one that it takes.
std::string transaction_queue::note_select(command_words words) {
    std::uint32_t number = 0;
    const std::string_view text = words[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    database_ = number;
    selections_.push_back({count_, number});
    return {};
}

std::string transaction_queue::note_keys(const mapping_table& mappings, const command_info& command, command_words words) {
    const bool removes = command.has(protocol::command_flag::removes);
    const bool overwrites = protocol::overwrites_with(command, words);
    for (const mapped_key& k : find_mapped_keys(mappings, command, words, scratch_)) {
        const bool writes = k.access != key_access::read;
        if (writes && !removes && !k.source->redis_is_primary()) return readonly_text(k.key, *k.source);
        touched_key touched{std::string(k.key), false, writes, false, false};
        touched.fill = !removes && k.converts && (!writes || (k.access != key_access::remove && !overwrites));
        touched.expire = writes && !removes && k.access != key_access::remove;
        touched.own_expiry = touched.expire && protocol::sets_expiry_with(command, words);
        touched_.push_back(std::move(touched));
    }
    return {};
}

}  // namespace respgres::proxy
