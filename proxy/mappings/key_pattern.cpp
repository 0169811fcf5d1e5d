#include "proxy/mappings/key_pattern.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/capture_check.hpp"
#include "proxy/mappings/find_bytes.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace respgres::proxy {

namespace {

using conf::quote;

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto is_letter_or_digit = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), is_letter_or_digit);
}

}  // namespace

class key_pattern::reader {
public:
    explicit reader(std::string_view text) : text_(text) { result_.text_ = text; }

    std::variant<key_pattern, problem> read() {
        if (text_.empty()) return problem{0, "it is empty"};
        if (text_.size() > max_bytes) return problem{max_bytes, "it is longer than " + std::to_string(max_bytes) + " bytes"};
        while (at_ < text_.size()) {
            if (auto found = step()) return *std::move(found);
        }
        end_literal();
        result_.ends_in_its_only_capture_ = result_.segments_.size() == 2;
        return std::move(result_);
    }

private:
    std::optional<problem> step() {
        const char c = text_[at_];
        const bool brace = c == '{' || c == '}';
        const bool doubled = brace && at_ + 1 < text_.size() && text_[at_ + 1] == c;
        if (!brace || doubled) {
            literal_ += c;
            at_ += doubled ? 2 : 1;
            return std::nullopt;
        }
        if (c == '}') return problem{at_, "'}' closes nothing; write '}}' for the brace itself"};
        return read_capture();
    }

    std::optional<problem> read_capture() {
        const auto close = text_.find('}', at_);
        if (close == std::string_view::npos) return problem{at_, "'{' is not closed; write '{{' for the brace itself"};
        const auto inside = text_.substr(at_ + 1, close - at_ - 1);
        const auto colon = inside.find(':');
        const auto name = inside.substr(0, colon);
        if (!is_name(name)) {
            return problem{at_ + 1, quote(name) + " is no name for a capture: letters, digits and '_', beginning with none of the digits"};
        }
        auto type = capture_type::text;
        if (colon != std::string_view::npos) {
            const auto type_name = inside.substr(colon + 1);
            const auto rows = capture_types();
            const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.name == type_name; });
            if (row == rows.end()) return problem{at_ + 1 + colon + 1, unknown_type(name, type_name)};
            type = row->type;
        }
        if (auto found = misplaced(name)) return found;
        end_literal();
        add(capture{std::string(name), type, at_});
        at_ = close + 1;
        return std::nullopt;
    }

    static std::string unknown_type(std::string_view capture_name, std::string_view type_name) {
        std::vector<std::string_view> names;
        for (const auto& row : capture_types()) names.push_back(row.name);
        auto message = "capture " + quote(capture_name) + " has the unknown type " + quote(type_name);
        const auto near = conf::nearest(type_name, names);
        return message + (near.empty() ? "; the types are int, uuid, date and text" : "; did you mean " + quote(near) + "?");
    }

    std::optional<problem> misplaced(std::string_view name) const {
        const auto& known = result_.captures_;
        if (literal_.empty() && known.empty()) {
            return problem{at_, "it needs text before its first capture, or it would take keys that are not its own"};
        }
        if (literal_.empty())
            return problem{at_, "captures " + quote(known.back().name) + " and " + quote(name) + " need text between them"};
        if (std::any_of(known.begin(), known.end(), [&](const capture& c) { return c.name == name; })) {
            return problem{at_, "two captures have the name " + quote(name)};
        }
        return std::nullopt;
    }

    void end_literal() {
        if (literal_.empty()) return;
        result_.literal_bytes_ += literal_.size();
        result_.segments_.push_back({std::exchange(literal_, {}), -1});
    }

    void add(capture what) {
        auto& faults = result_.faults_.emplace_back();
        for (const auto fault : row_of(what.type).faults) faults.push_back("capture " + quote(what.name) + " " + std::string(fault));
        result_.segments_.push_back({{}, static_cast<int>(result_.captures_.size())});
        result_.typed_captures_ += what.type != capture_type::text;
        result_.captures_.push_back(std::move(what));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string literal_;
    key_pattern result_;
};

std::variant<key_pattern, key_pattern::problem> key_pattern::parse(std::string_view text) {
    return reader(text).read();
}

std::string_view key_pattern::prefix() const {
    return segments_.empty() ? std::string_view() : std::string_view(segments_.front().literal);
}

bool key_pattern::match(std::string_view key, captures& out) const {
    out.values.clear();
    out.invalid = nullptr;
    out.why = {};
    if (segments_.empty()) return false;
    const std::string& prefix = segments_.front().literal;   // text comes first
    if (!key.starts_with(prefix)) return false;
    auto rest = key.substr(prefix.size());
    if (ends_in_its_only_capture_) [[likely]] {
        if (rest.empty()) return false;
        out.values.push_back(rest);
        check(0, out);
        return true;
    }
    // The end next: it is the cheapest way to tell "user:{id}:name" from "user:{id}:mail".
    if (!key.ends_with(segments_.back().literal)) return false;
    for (std::size_t i = 1; i < segments_.size(); ++i) {
        const auto& part = segments_[i];
        if (part.capture < 0) {
            if (!rest.starts_with(part.literal)) return false;
            rest.remove_prefix(part.literal.size());
        } else {
            const auto size = capture_size(rest, i);
            if (size == 0) return false;
            out.values.push_back(rest.substr(0, size));
            rest.remove_prefix(size);
        }
    }
    if (!rest.empty()) return false;
    for (std::size_t i = 0; i < captures_.size() && out.invalid == nullptr; ++i) check(i, out);
    return true;
}

void key_pattern::check(std::size_t capture, captures& out) const {
    const auto fault = capture_fault(captures_[capture].type, out.values[capture]);
    if (!fault) return;
    out.invalid = &captures_[capture];
    out.why = faults_[capture][*fault];
}

// How many bytes of `rest` the capture takes; 0 = the key does not have the form.
std::size_t key_pattern::capture_size(std::string_view rest, std::size_t segment_index) const {
    if (rest.empty() || segment_index + 1 == segments_.size()) return rest.size();
    const auto& text_behind = segments_[segment_index + 1].literal;
    const auto type = captures_[static_cast<std::size_t>(segments_[segment_index].capture)].type;
    const auto fixed = row_of(type).fixed_bytes;
    if (fixed != 0 && rest.size() > fixed && rest.substr(fixed).starts_with(text_behind) && !capture_fault(type, rest.substr(0, fixed))) {
        return fixed;
    }
    const auto end = find_bytes(rest, text_behind, 1);
    return end == std::string_view::npos ? 0 : end;
}

bool key_pattern::more_specific_than(const key_pattern& other) const {
    return std::tie(literal_bytes_, typed_captures_) > std::tie(other.literal_bytes_, other.typed_captures_);
}

}  // namespace respgres::proxy
