#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "protocol/commands/command_table.hpp"
#include "proxy/users/command_facts.hpp"

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// What a user may do, compiled from the words of the users file, which mean what they mean in Redis 7's ACL. Immutable once compiled: all workers
// read it.
class permissions {
public:
    // Nothing at all.
    permissions() = default;

    // Adds what is wrong with the words to `found`; then the outcome is not fit for use.
    static permissions compile(const conf::user_settings& user, conf::problems& found);

    bool may_run(const protocol::command_info& command) const { return commands_[facts_of(command).number]; }
    // Commands that the table does not know, a module's for instance: their keys are not known either.
    bool may_run_unknown() const { return may_run_all() && all_keys_; }
    bool may_run_all() const { return commands_.all(); }
    bool may_use_key(std::string_view key, key_need need) const;
    bool may_use_all_keys() const { return all_keys_; }
    // A key that the command's words do not name may be read, too (SORT BY).
    bool may_read_all_keys() const;
    bool may_use_channel(std::string_view channel) const;
    // PSUBSCRIBE: the pattern must be one of the user's own.
    bool may_use_channel_pattern(std::string_view pattern) const;
    bool may_use_all_channels() const { return all_channels_; }
    // All of these: nothing needs to be looked at.
    bool may_do_everything() const { return everything_; }

    // As ACL GETUSER tells them.
    const std::string& described_commands() const { return described_commands_; }
    std::string described_keys() const;
    std::string described_channels() const;

private:
    struct key_rule {
        std::string glob;
        bool read;
        bool write;
    };

    std::string add_command_word(std::string_view word);
    std::string add_key_word(std::string_view word);
    std::string add_channel_word(std::string_view word);
    void set_command(const protocol::command_info& command, bool allowed);

    std::bitset<most_commands> commands_;
    std::string described_commands_ = "-@all";
    std::vector<key_rule> keys_;
    std::vector<std::string> channels_;
    bool all_keys_ = false;
    bool all_channels_ = false;
    bool everything_ = false;
};

}  // namespace respgres::proxy
