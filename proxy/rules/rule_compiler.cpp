#include "proxy/rules/rule_compiler.hpp"

#include "protocol/commands/command_table.hpp"
#include "proxy/mappings/mapping_compiler.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <variant>

namespace respgres::proxy {

namespace {

using conf::located;

std::string quote(std::string_view text) {
    return "'" + std::string(text.substr(0, 128)) + "'";
}

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
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

// Whether its first key, or its channel, is the word behind its name, and it goes to Redis as it is.
bool has_key_behind_name(const protocol::command_info& command) {
    constexpr std::array<std::string_view, 2> publishing{"publish", "spublish"};
    if (command.how != protocol::handling::forward) return false;
    if (std::find(publishing.begin(), publishing.end(), command.name) != publishing.end()) return true;
    return command.keys[0].how == protocol::key_spec::kind::range && command.keys[0].position == 1;
}

class compiler {
public:
    compiler(const conf::rule_settings& settings, const mapping_table& mappings, conf::problems& found)
        : settings_(settings), mappings_(mappings), found_(found), before_(found.size()) {}

    std::optional<compiled_rule> run() {
        made_.rule.name = settings_.name;
        made_.rule.channel = settings_.on_notify.value;
        if (!settings_.on_command.value.empty()) read_command();
        if (!settings_.payload.value.empty()) read_trigger(settings_.payload, 0);
        if (is_any_payload()) made_.rule.payload_is_key = settings_.drops.empty();
        for (const auto& target : settings_.drops) read_target(target);
        if (found_.size() != before_) return std::nullopt;
        return std::move(made_);
    }

private:
    bool is_any_payload() const { return settings_.on_command.value.empty() && settings_.payload.value.empty(); }

    void add(const located<std::string>& text, std::size_t offset, std::string_view what, std::string message) {
        found_.push_back({place_in(text, offset), std::string(what) + ": " + std::move(message)});
    }

    // "XADD bets.placed"
    void read_command() {
        const std::string& text = settings_.on_command.value;
        const std::size_t space = text.find(' ');
        made_.command = in_lower_case(std::string_view(text).substr(0, space));
        const std::string_view name = made_.command;
        const auto* command = protocol::find_command(name);
        if (command == nullptr) return add(settings_.on_command, 0, "on_command", "there is no command " + quote(name));
        if (!has_key_behind_name(*command))
            return add(settings_.on_command, 0, "on_command",
                       quote(name) + " cannot be used: only a command that goes to Redis with its key or channel behind its name");
        const std::size_t key = space == std::string::npos ? space : text.find_first_not_of(' ', space);
        if (key == std::string::npos)
            return add(settings_.on_command, 0, "on_command", "name the key or channel too: \"XADD bets.placed\"; * means any");
        read_trigger(settings_.on_command, key);
        if (command->has_keys()) refuse_mapped(std::string_view(text).substr(key));
    }

    // What is behind `from`: literal text with captures, or text that ends in '*'.
    void read_trigger(const located<std::string>& text, std::size_t from) {
        const std::string_view what = &text == &settings_.payload ? "payload" : "on_command";
        const std::string_view pattern = std::string_view(text.value).substr(from);
        const bool is_glob = pattern.ends_with('*');
        auto parsed = key_pattern::parse("=" + std::string(pattern.substr(0, pattern.size() - (is_glob ? 1 : 0))));
        if (const auto* wrong = std::get_if<key_pattern::problem>(&parsed))
            return add(text, from + wrong->offset - std::min<std::size_t>(1, wrong->offset), what, wrong->message);
        auto& good = std::get<key_pattern>(parsed);
        trigger_ = good.all_captures();
        if (is_glob && !trigger_.empty())
            return add(text, from, what, "captures and a * together do not work; let a capture take the rest: {rest}");
        if (is_glob)
            made_.rule.prefix = good.prefix().substr(1);
        else
            made_.rule.pattern.emplace(std::move(good));
    }

    // A write to a mapped key has its own ways.
    void refuse_mapped(std::string_view key) {
        const auto parsed = key_pattern::parse(key);
        for (const auto& each : mappings_.all()) {
            const auto* pattern = std::get_if<key_pattern>(&parsed);
            const bool meets_prefix = key.ends_with('*') && (each->pattern.prefix().starts_with(made_.rule.prefix) ||
                                                             std::string_view(made_.rule.prefix).starts_with(each->pattern.prefix()));
            if (meets_prefix || (pattern != nullptr && pattern->intersects(each->pattern)))
                add(settings_.on_command, 0, "on_command", "keys of mapping '" + each->settings.name + "' cannot trigger a rule");
        }
    }

    void read_target(const located<std::string>& text) {
        const bool is_wide = text.value.ends_with('*');
        const std::size_t before = found_.size();
        drop_target made;
        if (is_wide)
            read_wide(text, made);
        else
            read_key(text, made);
        if (found_.size() == before && made.mappings.empty())
            add(text, 0, "drops", quote(text.value) + " belongs to no mapping" + known_prefixes());
        for (const std::size_t index : made.mappings) {
            const auto& source = *mappings_.all()[index];
            if (source.redis_is_primary())
                add(text, 0, "drops",
                    quote(text.value) + " has keys of mapping '" + source.settings.name +
                        "', whose primary is Redis: to drop them would lose them");
        }
        made_.rule.targets.push_back(std::move(made));
    }

    void read_wide(const located<std::string>& text, drop_target& into) {
        const auto parsed = key_pattern::parse("=" + text.value.substr(0, text.value.size() - 1));
        const auto* good = std::get_if<key_pattern>(&parsed);
        if (good == nullptr || !good->all_captures().empty())
            return add(text, 0, "drops", "before a * stands literal text only, the beginning of whole mappings");
        const std::string_view prefix = good->prefix().substr(1);
        for (const auto& each : mappings_.all()) {
            const std::string_view own = each->pattern.prefix();
            if (own.starts_with(prefix))
                into.mappings.push_back(each->index);
            else if (prefix.starts_with(own) && !each->pattern.all_captures().empty())
                add(text, 0, "drops",
                    quote(text.value) + " is only a part of mapping '" + each->settings.name + "'; write '" + std::string(own) + "*'");
        }
    }

    void read_key(const located<std::string>& text, drop_target& into) {
        const auto parsed = key_pattern::parse(text.value);
        if (const auto* wrong = std::get_if<key_pattern::problem>(&parsed)) return add(text, wrong->offset, "drops", wrong->message);
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
            if (!piece.capture) return;
            typed += written(trigger_[*piece.capture]);
        }
        const auto whole = key_pattern::parse(typed);
        const auto* good = std::get_if<key_pattern>(&whole);
        for (const auto& each : mappings_.all())
            if (good != nullptr && good->intersects(each->pattern)) into.mappings.push_back(each->index);
    }

    std::optional<std::size_t> trigger_named(const located<std::string>& text, const capture& named) {
        for (std::size_t i = 0; i < trigger_.size(); ++i)
            if (trigger_[i].name == named.name) return i;
        std::string known;
        for (const capture& each : trigger_) known += (known.empty() ? "; there are " : ", ") + each.name;
        const std::string where = settings_.on_command.value.empty() ? "payload" : "on_command";
        add(text, named.offset, "drops", where + " has no capture " + quote(named.name) + known);
        return std::nullopt;
    }

    std::string known_prefixes() const {
        std::string all;
        for (const auto& each : mappings_.all()) all += (all.empty() ? "; keys are " : ", ") + each->settings.key.value;
        return all;
    }

    const conf::rule_settings& settings_;
    const mapping_table& mappings_;
    conf::problems& found_;
    std::size_t before_;
    std::vector<capture> trigger_;
    compiled_rule made_;
};

}  // namespace

std::optional<compiled_rule> compile_rule(const conf::rule_settings& settings, const mapping_table& mappings, conf::problems& found) {
    return compiler(settings, mappings, found).run();
}

}  // namespace respgres::proxy
