#include "proxy/rules/drop_rules.hpp"

#include "proxy/rules/rule_compiler.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace respgres::proxy {

namespace {

void add_wide_of(const drop_target& target, invalidation& out) {
    for (const std::size_t index : target.mappings) out.add_wide(index);
}

std::string key_of(const drop_target& target, const captures& found) {
    std::string key;
    for (const auto& piece : target.key) key += piece.capture ? found.values[*piece.capture] : std::string_view(piece.text);
    return key;
}

}  // namespace

drop_rules drop_rules::build(const std::vector<conf::rule_settings>& settings, const mapping_table& mappings, conf::problems& found) {
    drop_rules made;
    made.mappings_ = &mappings;
    for (const auto& each : settings) {
        auto compiled = compile_rule(each, mappings, found);
        if (!compiled) continue;
        const std::size_t index = made.rules_.size();
        if (!compiled->command.empty()) made.by_command_[compiled->command].push_back(index);
        if (const std::string& channel = compiled->rule.channel; !channel.empty()) {
            auto& rules = made.by_channel_[channel];
            if (rules.empty()) made.channels_.push_back(channel);
            rules.push_back(index);
            for (const auto& target : compiled->rule.targets) add_wide_of(target, made.notified_);
            if (compiled->rule.payload_is_key)
                for (const auto& one : mappings.all())
                    if (!one->redis_is_primary()) made.notified_.add_wide(one->index);
        }
        made.rules_.push_back(std::move(compiled->rule));
    }
    return made;
}

void drop_rules::on_command(protocol::command_words words, invalidation& out) const {
    if (by_command_.empty() || words.size() < 2) return;
    std::string name(words[0]);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto named = by_command_.find(name);
    if (named == by_command_.end()) return;
    for (const std::size_t index : named->second) apply(rules_[index], words[1], true, out);
}

bool drop_rules::on_notification(std::string_view channel, std::string_view payload, invalidation& out) const {
    bool understood = true;
    const auto named = by_channel_.find(std::string(channel));
    if (named == by_channel_.end()) return understood;
    for (const std::size_t index : named->second) understood = apply(rules_[index], payload, false, out) && understood;
    return understood;
}

// `must_match`: what does not have the pattern's form is not the rule's. Else false for it, and then all that the rule may mean is dropped.
bool drop_rules::apply(const drop_rule& rule, std::string_view text, bool must_match, invalidation& out) const {
    captures scratch;
    if (rule.payload_is_key) {
        const mapping* source = mappings_->find(text, scratch);
        if (source == nullptr || source->redis_is_primary()) return false;
        out.keys.emplace_back(text);
        return true;
    }
    captures found;
    const std::string behind = "=" + std::string(text);
    bool matches = rule.pattern ? rule.pattern->match(behind, found) : text.starts_with(rule.prefix);
    if (!matches && must_match) return true;
    matches = matches && found.invalid == nullptr;
    for (const drop_target& target : rule.targets) {
        if (target.key.empty() || !matches) {
            add_wide_of(target, out);
            continue;
        }
        std::string key = key_of(target, found);
        const mapping* source = mappings_->find(key, scratch);
        if (source != nullptr && !source->redis_is_primary()) out.keys.push_back(std::move(key));
    }
    return matches;
}

}  // namespace respgres::proxy
