#pragma once

#include "conf/options/notes.hpp"
#include "conf/settings.hpp"
#include "conf/toml/node.hpp"
#include "conf/values/names.hpp"
#include "conf/values/text.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// One value of each type that an option can have: how it is read (empty complaint: it was), shown, and described in the reference.
namespace respgres::conf {

enum class unit : std::uint8_t { none, bytes };

// What an option accepts. For numbers, durations (milliseconds) and sizes the value; for text and lists the length; addresses may be
// empty when min is 0.
struct limits {
    double min = 0;
    double max = 0;
    conf::unit unit = unit::none;    // of a std::size_t, which serves for bytes and for counts
};

complaint read_value(const node& from, const limits& range, std::uint32_t& out);
complaint read_value(const node& from, const limits& range, std::size_t& out);
complaint read_value(const node& from, const limits& range, double& out);
complaint read_value(const node& from, const limits& range, bool& out);
complaint read_value(const node& from, const limits& range, milliseconds& out);
complaint read_value(const node& from, const limits& range, std::string& out);
complaint read_value(const node& from, const limits& range, endpoint& out);
complaint read_value(const node& from, const limits& range, file_mode& out);

// As the file would have it, in Markdown.
std::string show(std::uint32_t value, const limits& range);
std::string show(std::size_t value, const limits& range);
std::string show(double value, const limits& range);
std::string show(bool value, const limits& range);
std::string show(milliseconds value, const limits& range);
std::string show(const std::string& value, const limits& range);
std::string show(const endpoint& value, const limits& range);
std::string show(file_mode value, const limits& range);

// Which values there are, for the reference; the first parameter only chooses the type.
std::string describe_values(std::uint32_t, const limits& range);
std::string describe_values(std::size_t, const limits& range);
std::string describe_values(double, const limits& range);
std::string describe_values(bool, const limits& range);
std::string describe_values(milliseconds, const limits& range);
std::string describe_values(const std::string&, const limits& range);
std::string describe_values(const endpoint&, const limits& range);
std::string describe_values(file_mode, const limits& range);

std::string wrong_type(std::string_view wanted, const node& from);
complaint check_length(const node& from, const limits& range);

template <class Value>
concept word = requires(Value value) { names(value); };

template <word Value>
std::vector<std::string_view> offered(Value value) {
    std::vector<std::string_view> words;
    for (const auto& each : names(value)) {
        if (each.refusal.empty()) words.push_back(each.name);
    }
    return words;
}

template <word Value>
complaint read_value(const node& from, const limits&, Value& out) {
    const auto words = offered(out);
    if (from.kind != node_kind::string) return wrong_type("a string (" + one_of(words) + ")", from);
    for (const auto& each : names(out)) {
        if (each.name != from.text) continue;
        if (!each.refusal.empty()) return std::string{each.refusal};
        out = each.value;
        return {};
    }
    const auto guess = nearest(from.text, words);
    return quote(from.text) + " is none of " + one_of(words) + (guess.empty() ? "" : "; did you mean '" + std::string{guess} + "'?");
}

template <word Value>
std::string show(Value value, const limits&) {
    return "`\"" + std::string{name_of(value)} + "\"`";
}

template <word Value>
std::string describe_values(Value value, const limits&) {
    auto words = offered(value);
    std::vector<std::string> quoted;
    for (const auto each : words) quoted.push_back("`" + std::string{each} + "`");
    return one_of(quoted, ", ");
}

// Reads option `name` into `out`, or notes what is wrong with it at its place.
template <class Value>
void read_into(notes& found, std::string_view name, const node& from, const limits& range, Value& out) {
    if (auto wrong = read_value(from, range, out); !wrong.empty()) found.add(from.where, std::string{name} + ": " + wrong);
}

template <class Value>
void read_into(notes& found, std::string_view name, const node& from, const limits& range, located<Value>& out) {
    out.where = found.at(from.where);
    read_into(found, name, from, range, out.value);
}

// One string, or a list of them; each has its own place.
template <class Value>
void read_into(notes& found, std::string_view name, const node& from, const limits& range, std::vector<Value>& out) {
    const auto read_item = [&](const node& item) {
        Value value{};
        read_into(found, name, item, {1, range.max}, value);
        out.push_back(std::move(value));
    };
    out.clear();
    if (from.kind != node_kind::array) return read_item(from);
    if (auto wrong = check_length(from, range); !wrong.empty()) return found.add(from.where, std::string{name} + ": " + wrong);
    for (const auto& item : from.items) read_item(item);
}

template <class Value>
std::string show(const located<Value>& value, const limits& range) {
    return show(value.value, range);
}

template <class Value>
std::string describe_values(const located<Value>& value, const limits& range) {
    return describe_values(value.value, range);
}

template <class Value>
std::string show(const std::vector<Value>& values, const limits& range) {
    std::vector<std::string> shown;
    for (const auto& each : values) shown.push_back(show(each, range));
    return one_of(shown, ", ");
}

template <class Value>
std::string describe_values(const std::vector<Value>&, const limits& range) {
    return "list of " + describe_values(Value{}, range);
}

}  // namespace respgres::conf
