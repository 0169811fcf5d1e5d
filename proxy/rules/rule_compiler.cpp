#include "proxy/rules/rule_compiler.hpp"

#include "conf/values/text.hpp"
#include "protocol/commands/command_table.hpp"
#include "proxy/mappings/mapping_compiler.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace respgres::proxy {

namespace {

using conf::located;
using conf::quote;

// Whether its only key, or its channel, is the word behind its name, and Redis gets it as it is. Commands of several keys might have mapped
// ones among them.
bool is_of_one_key(const protocol::command_info& command) {
    if (command.how != protocol::handling::forward) return false;
    if (command.name == "publish" || command.name == "spublish") return true;
    const protocol::key_spec& spec = command.keys[0];
    return spec.how == protocol::key_spec::kind::range && spec.position == 1 && spec.last == 0 &&
           command.keys[1].how == protocol::key_spec::kind::none;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
    const auto guess = conf::nearest(word, known);
    return guess.empty() ? "" : "; did you mean " + quote(guess) + "?";
}

std::string no_command(std::string_view name) {
    std::vector<std::string_view> known;
    for (const auto& each : protocol::all_commands())
        if (is_of_one_key(each)) known.push_back(each.name);
    std::string lower;
    for (const char c : name) lower += conf::lower(c);
    return "there is no command " + quote(name) + did_you_mean(lower, known);
}

// A capture as a pattern has it.
std::string written(const capture& of) {
    switch (of.type) {
        case capture_type::integer: return "{" + of.name + ":int}";
        case capture_type::uuid: return "{" + of.name + ":uuid}";
        case capture_type::date: return "{" + of.name + ":date}";
        case capture_type::text: break;
    }
    return "{" + of.name + "}";
}

// As a pattern writes literal text.
std::string escaped(std::string_view literal) {
    std::string out;
    for (const char c : literal) out.append(c == '{' || c == '}' ? 2 : 1, c);
    return out;
}

class compiler {
public:
    compiler(const conf::rule_settings& settings, const mapping_table& mappings, bool knows_all, conf::problems& found)
        : settings_(settings), mappings_(mappings), knows_all_(knows_all), found_(found), before_(found.size()) {}

    std::optional<drop_rule> run() {
        made_.name = settings_.name;
        made_.channel = settings_.on_notify.value;
        made_.words = words();
        if (!settings_.on_command.value.empty()) read_command();
        if (!settings_.payload.value.empty()) read_trigger(settings_.payload, 0);
        made_.payload_is_key = !made_.channel.empty() && settings_.payload.value.empty() && settings_.drops.empty();
        knows_captures_ = found_.size() == before_;
        for (const auto& target : settings_.drops) read_target(target);
        if (found_.size() != before_) return std::nullopt;
        return std::move(made_);
    }

private:
    std::string words() const {
        std::string text = settings_.on_command.value;
        if (text.empty()) text = "NOTIFY " + settings_.on_notify.value;
        if (!settings_.payload.value.empty()) text += " with " + settings_.payload.value;
        std::string dropped;
        for (const auto& each : settings_.drops) dropped += (dropped.empty() ? "" : ", ") + each.value;
        return text + " drops " + (dropped.empty() ? "the key that it names" : dropped);
    }

    void add(const located<std::string>& text, std::size_t offset, std::string_view what, std::string message) {
        found_.push_back({place_in(text, offset), std::string(what) + ": " + std::move(message)});
    }

    // "XADD bets.placed"
    void read_command() {
        const std::string_view text = settings_.on_command.value;
        const std::size_t space = text.find(' ');
        const std::string_view name = text.substr(0, space);
        const auto* command = protocol::find_command(name);
        if (command == nullptr) return add(settings_.on_command, 0, "on_command", no_command(name));
        if (!is_of_one_key(*command))
            return add(settings_.on_command, 0, "on_command",
                       quote(name) + " cannot be used: only a command of one key, or PUBLISH, which goes to Redis as it is");
        const std::size_t key = space == std::string_view::npos ? space : text.find_first_not_of(' ', space);
        if (key == std::string_view::npos)
            return add(settings_.on_command, 0, "on_command", "name the key or channel too: \"XADD bets.placed\"; * means any");
        made_.command = command;
        if (read_trigger(settings_.on_command, key) && command->has_keys()) refuse_mapped(key);
    }

    // What is behind `from`: literal text with captures, or text that ends in '*'.
    bool read_trigger(const located<std::string>& text, std::size_t from) {
        const std::string_view what = &text == &settings_.payload ? "payload" : "on_command";
        const std::string_view pattern = std::string_view(text.value).substr(from);
        const bool is_glob = pattern.ends_with('*');
        auto parsed = key_pattern::parse("=" + std::string(pattern.substr(0, pattern.size() - (is_glob ? 1 : 0))));
        if (const auto* wrong = std::get_if<key_pattern::problem>(&parsed)) {
            add(text, from + wrong->offset - std::min<std::size_t>(1, wrong->offset), what, wrong->message);
            return false;
        }
        auto& good = std::get<key_pattern>(parsed);
        trigger_ = good.all_captures();
        if (is_glob && !trigger_.empty()) {
            add(text, from, what, "captures and a * together do not work; let a capture take the rest: {rest}");
            return false;
        }
        if (is_glob)
            made_.prefix = good.prefix().substr(1);
        else
            made_.pattern.emplace(std::move(good));
        return true;
    }

    // What a client does to a mapped key has its own ways.
    void refuse_mapped(std::size_t at) {
        const std::string_view key = std::string_view(settings_.on_command.value).substr(at);
        const auto parsed = key_pattern::parse(key);
        const auto* const pattern = made_.pattern ? std::get_if<key_pattern>(&parsed) : nullptr;
        for (const auto& each : mappings_.all()) {
            const std::string_view own = each->pattern.prefix();
            const bool may_begin_so = !made_.pattern && (own.starts_with(made_.prefix) || made_.prefix.starts_with(own));
            if (may_begin_so || (pattern != nullptr && pattern->intersects(each->pattern)))
                add(settings_.on_command, at, "on_command", "keys of mapping " + quote(each->settings.name) + " cannot trigger a rule");
        }
    }

    void read_target(const located<std::string>& text) {
        const bool is_wide = text.value.ends_with('*');
        drop_target made;
        const bool is_read = is_wide ? read_wide(text, made) : read_key(text, made);
        if (is_read && made.mappings.empty() && knows_all_)
            add(text, 0, "drops", quote(text.value) + " belongs to no mapping" + known_keys(text.value));
        for (const std::size_t index : made.mappings) {
            const auto& source = *mappings_.all()[index];
            if (source.redis_is_primary())
                add(text, 0, "drops",
                    quote(text.value) + " has keys of mapping " + quote(source.settings.name) +
                        ", whose primary is Redis: to drop them would lose them");
        }
        made_.targets.push_back(std::move(made));
    }

    bool read_wide(const located<std::string>& text, drop_target& into) {
        const auto parsed = key_pattern::parse("=" + text.value.substr(0, text.value.size() - 1));
        const auto* good = std::get_if<key_pattern>(&parsed);
        if (good == nullptr || !good->all_captures().empty()) {
            add(text, 0, "drops", "before a * stands literal text only, the beginning of whole mappings");
            return false;
        }
        const std::string_view prefix = good->prefix().substr(1);
        const std::size_t before = found_.size();
        for (const auto& each : mappings_.all()) {
            const std::string_view own = each->pattern.prefix();
            if (own.starts_with(prefix))
                into.mappings.push_back(each->index);
            else if (prefix.starts_with(own) && !each->pattern.all_captures().empty())
                add(text, 0, "drops",
                    quote(text.value) + " is only a part of mapping " + quote(each->settings.name) + "; write " +
                        quote(std::string(own) + "*"));
        }
        return found_.size() == before;
    }

    bool read_key(const located<std::string>& text, drop_target& into) {
        const auto parsed = key_pattern::parse(text.value);
        if (const auto* wrong = std::get_if<key_pattern::problem>(&parsed)) {
            add(text, wrong->offset, "drops", wrong->message);
            return false;
        }
        const auto& pattern = std::get<key_pattern>(parsed);
        std::string typed;
        for (const auto& segment : pattern.segments()) {
            auto& piece = into.key.emplace_back();
            if (segment.capture < 0) {
                piece.text = segment.literal;
                typed += escaped(segment.literal);
                continue;
            }
            const capture& named = pattern.all_captures()[static_cast<std::size_t>(segment.capture)];
            piece.capture = trigger_named(text, named);
            if (!piece.capture) return false;
            typed += written(trigger_[*piece.capture]);
        }
        const auto whole = key_pattern::parse(typed);
        const auto* good = std::get_if<key_pattern>(&whole);
        for (const auto& each : mappings_.all())
            if (good != nullptr && good->intersects(each->pattern)) into.mappings.push_back(each->index);
        return true;
    }

    std::optional<std::size_t> trigger_named(const located<std::string>& text, const capture& named) {
        for (std::size_t i = 0; i < trigger_.size(); ++i)
            if (trigger_[i].name == named.name) return i;
        if (!knows_captures_) return std::nullopt;  // the trigger's own problem is told
        std::string known;
        for (const capture& each : trigger_) known += (known.empty() ? "; there are " : ", ") + each.name;
        const std::string where = settings_.on_command.value.empty() ? "payload" : "on_command";
        add(text, named.offset, "drops", where + " has no capture " + quote(named.name) + known);
        return std::nullopt;
    }

    std::string known_keys(std::string_view wanted) const {
        std::vector<std::string_view> patterns;
        for (const auto& each : mappings_.all()) patterns.push_back(each->settings.key.value);
        if (const auto guess = did_you_mean(wanted, patterns); !guess.empty()) return guess;
        return patterns.empty() ? "" : "; keys are " + conf::one_of(patterns, " and ");
    }

    const conf::rule_settings& settings_;
    const mapping_table& mappings_;
    bool knows_all_;
    conf::problems& found_;
    std::size_t before_;
    std::vector<capture> trigger_;
    bool knows_captures_ = true;  // the trigger is right
    drop_rule made_;
};

}  // namespace

std::optional<drop_rule> compile_rule(const conf::rule_settings& settings, const mapping_table& mappings, bool knows_all,
                                      conf::problems& found) {
    return compiler(settings, mappings, knows_all, found).run();
}

}  // namespace respgres::proxy
