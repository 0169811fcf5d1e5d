#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The commands that a client has sent since MULTI, as they will be sent to Redis in one piece at EXEC. Pure.
//
// Redis checks a queued command's name and number of words at once; so does this, with the command table. The other reasons for which Redis
// refuses to queue (memory, permissions) come at EXEC, as EXECABORT: the same outcome, a reply later.
class transaction_queue {
public:
    // Mapped keys of what is queued, by what has to happen to them around EXEC.
    struct touched_key {
        std::string key;
        bool fill;  // must be there before: it is read, or changed rather than replaced
        bool drop;  // its lease and tombstone go first: a fill under way must not overwrite what the transaction does
        bool expire;  // gets the mapping's TTL afterwards; where the command sets an expiry itself, as the upper limit
        bool own_expiry;
    };

    // `database`: the client's own. `most_bytes` of commands are taken.
    transaction_queue(std::uint32_t database, std::size_t most_bytes)
        : database_(database), first_database_(database), most_bytes_(most_bytes) {}

    // Takes a command, or returns the error that the client gets; from then on EXEC fails. `mapped_database`: where the mappings apply.
    std::string add(const mapping_table& mappings, std::uint32_t mapped_database, protocol::command_words words, std::string_view frame);
    // The same for a command that the table does not have, but Redis does.
    std::string add_unknown(std::string_view frame);
    // EXEC will fail.
    void spoil() { spoilt_ = true; }

    bool is_spoilt() const { return spoilt_; }
    std::size_t size() const { return count_; }
    const std::string& frames() const { return frames_; }
    const std::vector<touched_key>& touched() const { return touched_; }
    // The SELECTs among the commands: which command it is, and the database.
    struct selection {
        std::size_t command;
        std::uint32_t database;
    };
    const std::vector<selection>& selections() const { return selections_; }
    // What rules drop before EXEC.
    invalidation& dropped() { return dropped_; }
    const invalidation& dropped() const { return dropped_; }
    std::uint32_t first_database() const { return first_database_; }

private:
    std::string refuse(std::string why);
    std::string take(std::string_view frame);
    std::string note_keys(const mapping_table& mappings, const protocol::command_info& command, protocol::command_words words);
    std::string note_select(protocol::command_words words);

    std::uint32_t database_;  // in which the next command would run
    std::uint32_t first_database_;
    std::size_t most_bytes_;
    std::size_t count_ = 0;
    std::string frames_;
    std::vector<touched_key> touched_;
    std::vector<selection> selections_;
    invalidation dropped_;
    captures scratch_;
    bool spoilt_ = false;
};

}  // namespace respgres::proxy
