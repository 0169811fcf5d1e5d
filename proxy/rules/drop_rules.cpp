#include "proxy/rules/drop_rules.hpp"

#include "conf/values/text.hpp"
#include "proxy/rules/rule_compiler.hpp"

#include <algorithm>
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

bool may_drop(const drop_rule& rule, const mapping& source) {
    if (source.redis_is_primary()) return false;
    const auto has_it = [&source](const drop_target& target) {
        return std::find(target.mappings.begin(), target.mappings.end(), source.index) != target.mappings.end();
    };
    return rule.payload_is_key || std::any_of(rule.targets.begin(), rule.targets.end(), has_it);
}

}  // namespace

drop_rules drop_rules::build(const conf::settings& settings, const mapping_table& mappings, conf::problems& found) {
    drop_rules made;
    made.mappings_ = &mappings;
    const bool knows_all = mappings.all().size() == settings.mappings.size();
    for (const auto& each : settings.rules)
        if (auto compiled = compile_rule(each, mappings, knows_all, found)) made.take(std::move(*compiled));
    return made;
}

void drop_rules::take(drop_rule rule) {
    const std::size_t index = rules_.size();
    if (rule.command != nullptr) by_command_[rule.command].push_back(index);
    if (!rule.channel.empty()) {
        auto& of_channel = by_channel_[rule.channel];
        if (of_channel.empty()) channels_.push_back(rule.channel);
        of_channel.push_back(index);
        for (const auto& source : mappings_->all())
            if (may_drop(rule, *source)) notified_.add_wide(source->index);
    }
    rules_.push_back(std::move(rule));
}

void drop_rules::on_command(const protocol::command_info& command, protocol::command_words words, invalidation& out) const {
    const auto named = by_command_.find(&command);
    if (named == by_command_.end() || words.size() < 2) return;
    for (const std::size_t index : named->second) apply(rules_[index], words[1], true, out);
}

bool drop_rules::on_notification(std::string_view channel, std::string_view payload, invalidation& out) const {
    const auto named = by_channel_.find(std::string(channel));
    if (named == by_channel_.end()) return true;
    bool understood = true;
    for (const std::size_t index : named->second) {
        const drop_rule& rule = rules_[index];
        const bool applied = rule.payload_is_key ? apply_key(payload, out) : apply(rule, payload, false, out);
        understood = understood && applied;
    }
    return understood;
}

bool drop_rules::listens_for(std::size_t mapping) const {
    return std::find(notified_.wide.begin(), notified_.wide.end(), mapping) != notified_.wide.end();
}

std::vector<const drop_rule*> drop_rules::naming(std::size_t mapping) const {
    std::vector<const drop_rule*> all;
    for (const drop_rule& rule : rules_)
        if (may_drop(rule, *mappings_->all()[mapping])) all.push_back(&rule);
    return all;
}

conf::problems unnotified(const conf::settings& settings, const mapping_table& mappings, const drop_rules& rules) {
    conf::problems found;
    if (settings.freshness.source.value != conf::freshness_source::notify) return found;
    for (const auto& source : mappings.all()) {
        if (source->redis_is_primary() || !source->settings.follow_changes || rules.listens_for(source->index)) continue;
        found.push_back(
            {source->settings.where, "no [rule.NAME] with on_notify names keys of mapping " + conf::quote(source->settings.name) +
                                         ", so they live as long as their ttl; follow_changes = false says that this is meant"});
    }
    return found;
}

// `must_match`: what does not have the pattern's form is none of the rule's business. Else false for it, and then all that the rule may
// mean is dropped.
bool drop_rules::apply(const drop_rule& rule, std::string_view text, bool must_match, invalidation& out) const {
    captures found;
    const std::string behind = "=" + std::string(text);  // must outlive `found`
    const bool has_form = rule.pattern ? rule.pattern->match(behind, found) : text.starts_with(rule.prefix);
    const bool matches = has_form && found.invalid == nullptr;
    if (!matches && must_match) return true;
    for (const drop_target& target : rule.targets) {
        if (target.key.empty() || !matches)
            add_wide_of(target, out);
        else
            apply_key(key_of(target, found), out);
    }
    return matches;
}

// Nothing for a key of no mapping, or of one whose primary is Redis.
bool drop_rules::apply_key(std::string_view key, invalidation& out) const {
    captures scratch;
    const mapping* const source = mappings_->find(key, scratch);
    if (source == nullptr || source->redis_is_primary()) return false;
    out.keys.emplace_back(key);
    return true;
}

}  // namespace respgres::proxy
