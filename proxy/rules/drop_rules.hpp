#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "protocol/commands/command_table.hpp"
#include "proxy/invalidations/invalidation.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace respgres::proxy {

// What a rule drops: one key, built from text and captures of what triggered it, or all keys of mappings.
struct drop_target {
    struct piece {
        std::string text;
        std::optional<std::size_t> capture;  // of the trigger's pattern; then there is no text
    };
    std::vector<piece> key;  // empty: all keys of the mappings
    std::vector<std::size_t> mappings;  // mapping::index; of one key: those that it may belong to
};

// One [rule.NAME], compiled.
struct drop_rule {
    std::string name;
    const protocol::command_info* command = nullptr;  // on_command
    std::string channel;  // on_notify
    std::optional<key_pattern> pattern;  // of the key, channel or payload, each behind a '='; none: any that begins with `prefix`
    std::string prefix;
    bool payload_is_key = false;  // no `drops`: the payload is the key
    std::vector<drop_target> targets;
    std::string words;  // for people: "XADD placed:{id:int} drops item:{id}, upto:*"
};

// The rules of the configuration. Pure and immutable, so all threads share it. The mappings must outlive it.
class drop_rules {
public:
    drop_rules() = default;

    // Compiles all rules. Problems are appended to `found`; a rule with one is left out.
    static drop_rules build(const conf::settings& settings, const mapping_table& mappings, conf::problems& found);

    // Adds what a command makes untrue. `command` is the row of its name.
    void on_command(const protocol::command_info& command, protocol::command_words words, invalidation& out) const;

    // Adds what a notification makes untrue. False if its payload is not understood: then, since nobody knows which are meant, that is all
    // keys of the mappings that the rule names; nothing where the payload should be a key.
    bool on_notification(std::string_view channel, std::string_view payload, invalidation& out) const;

    const std::vector<drop_rule>& all() const { return rules_; }
    bool has_commands() const { return !by_command_.empty(); }
    // Of LISTEN, each once.
    const std::vector<std::string>& channels() const { return channels_; }
    // The mappings of which notifications drop keys, to be dropped when notifications were missed.
    const invalidation& notified() const { return notified_; }
    bool listens_for(std::size_t mapping) const;
    // The rules that may drop keys of a mapping.
    std::vector<const drop_rule*> naming(std::size_t mapping) const;

private:
    void take(drop_rule rule);
    bool apply(const drop_rule& rule, std::string_view text, bool must_match, invalidation& out) const;
    bool apply_key(std::string_view key, invalidation& out) const;

    const mapping_table* mappings_ = nullptr;
    std::vector<drop_rule> rules_;
    std::unordered_map<const protocol::command_info*, std::vector<std::size_t>> by_command_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_channel_;
    std::vector<std::string> channels_;
    invalidation notified_;
};

// With [freshness] source = "notify": the mappings that no notification is for, each where it stands.
conf::problems unnotified(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules);

}  // namespace respgres::proxy
