#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/users/password_hash.hpp"
#include "proxy/users/permissions.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// Somebody that a client can be. Immutable: all workers read it.
struct user {
    // Whose rights are looked at.
    enum class checks : std::uint8_t {
        nobody_yet,  // the client has not authenticated: it may do nothing but that
        ours,        // its permissions here
        redis,       // Redis looks at them: the client's commands go there as this user
    };

    std::string name;
    checks by = checks::ours;
    bool enabled = true;
    bool nopass = false;
    std::vector<password_hash> passwords;
    permissions rights;
    std::chrono::milliseconds longest_stay{0};  // a client that is still this one then is closed; 0 = never

    bool is_authenticated() const { return by != checks::nobody_yet; }
    bool may_do_everything() const { return by == checks::ours && rights.may_do_everything(); }
};

// Why a user may not run a command, as the error that Redis 7 answers with, without '-'; empty: it may. The words fit the command's arity.
std::string denial(const user& of, const protocol::command_info& command, protocol::command_words words);

// The same for words that no command of the table fits.
std::string denial_of_unknown(const user& of, protocol::command_words words);

// How ACL DRYRUN words it.
std::string dry_run_denial(const user& of, const protocol::command_info& command, protocol::command_words words);

}  // namespace respgres::proxy
