#include "conf/options/read_value.hpp"

#include "conf/values/address.hpp"
#include "conf/values/quantity.hpp"

#include <charconv>

namespace respgres::conf {

namespace {

std::string show_number(double value) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    return {std::begin(digits), end};
}

std::int64_t whole(double value) {
    return static_cast<std::int64_t>(value);
}

std::string show_count(double value) {
    return std::to_string(whole(value));
}
std::string show_bytes(double value) {
    return show_size(whole(value));
}
std::string show_time(double value) {
    return show_duration(whole(value));
}

using shower = std::string (*)(double);

std::string range_text(const limits& range, shower show_bound) {
    return show_bound(range.min) + " to " + show_bound(range.max);
}

complaint check_range(double value, const limits& range, shower show_bound) {
    if (value >= range.min && value <= range.max) return {};   // so that NaN is outside
    return "must be from " + range_text(range, show_bound);
}

complaint read_count(const node& from, const limits& range, std::int64_t& out) {
    if (from.kind != node_kind::integer) return wrong_type("an integer", from);
    out = from.integer;
    return check_range(from.number, range, show_count);
}

complaint read_bytes(const node& from, const limits& range, std::int64_t& out) {
    if (from.kind != node_kind::string && from.kind != node_kind::integer)
        return wrong_type("a size (\"16MiB\", or an integer of bytes)", from);
    out = from.integer;
    if (from.kind == node_kind::string) {
        if (auto wrong = read_size(from.text, out); !wrong.empty()) return wrong;
    }
    return check_range(static_cast<double>(out), range, show_bytes);
}

}  // namespace

std::string wrong_type(std::string_view wanted, const node& from) {
    return "must be " + std::string{wanted} + ", not " + std::string{to_string(from.kind)};
}

complaint check_length(const node& from, const limits& range) {
    const bool is_list = from.kind == node_kind::array;
    const auto length = is_list ? from.items.size() : from.text.size();
    if (static_cast<double>(length) < range.min) return "must not be empty";
    if (static_cast<double>(length) > range.max) return "is too long: at most " + show_count(range.max) + (is_list ? " items" : " bytes");
    return {};
}

complaint read_value(const node& from, const limits& range, std::uint32_t& out) {
    std::int64_t count = 0;
    auto wrong = read_count(from, range, count);
    if (wrong.empty()) out = static_cast<std::uint32_t>(count);
    return wrong;
}

complaint read_value(const node& from, const limits& range, std::size_t& out) {
    std::int64_t count = 0;
    auto wrong = range.unit == unit::bytes ? read_bytes(from, range, count) : read_count(from, range, count);
    if (wrong.empty()) out = static_cast<std::size_t>(count);
    return wrong;
}

complaint read_value(const node& from, const limits& range, double& out) {
    if (from.kind != node_kind::number && from.kind != node_kind::integer) return wrong_type("a number", from);
    auto wrong = check_range(from.number, range, show_number);
    if (wrong.empty()) out = from.number;
    return wrong;
}

complaint read_value(const node& from, const limits&, bool& out) {
    if (from.kind != node_kind::boolean) return wrong_type("true or false", from);
    out = from.boolean;
    return {};
}

complaint read_value(const node& from, const limits& range, milliseconds& out) {
    // An integer is read as its digits: the answer is the same, that it needs a unit.
    if (from.kind != node_kind::string && from.kind != node_kind::integer) return wrong_type("a duration (a string such as \"5s\")", from);
    milliseconds read{};
    if (auto wrong = read_duration(from.kind == node_kind::string ? from.text : std::to_string(from.integer), read); !wrong.empty())
        return wrong;
    if (auto wrong = check_range(static_cast<double>(read.count()), range, show_time); !wrong.empty()) return wrong;
    out = read;
    return {};
}

complaint read_value(const node& from, const limits& range, std::string& out) {
    if (from.kind != node_kind::string) return wrong_type("a string", from);
    if (auto wrong = check_length(from, range); !wrong.empty()) return wrong;
    if (from.text.find('\0') != std::string::npos) return "must not contain a NUL character";
    out = from.text;
    return {};
}

complaint read_value(const node& from, const limits& range, endpoint& out) {
    if (from.kind != node_kind::string) return wrong_type("an address (a string such as \"127.0.0.1:6380\")", from);
    if (!from.text.empty()) return read_listen_address(from.text, out);
    if (range.min > 0) return "must not be empty";
    out = {};
    return {};
}

complaint read_value(const node& from, const limits&, file_mode& out) {
    // An integer in TOML is decimal, whatever it looks like: 660 would be taken for something else than "660".
    if (from.kind != node_kind::string) return wrong_type("a string of octal digits such as \"660\"", from);
    const std::string_view digits = from.text;
    if (digits.size() < 3 || digits.size() > 4 || digits.find_first_not_of("01234567") != std::string_view::npos)
        return quote(digits) + " is no file mode; write three octal digits such as \"660\"";
    std::uint32_t bits = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), bits, 8);
    if (bits > 0777) return quote(digits) + " is no file mode; write three octal digits such as \"660\"";
    out.bits = bits;
    return {};
}

std::string show(std::uint32_t value, const limits&) {
    return "`" + std::to_string(value) + "`";
}

std::string show(std::size_t value, const limits& range) {
    if (range.unit == unit::none) return "`" + std::to_string(value) + "`";
    return "`\"" + show_size(static_cast<std::int64_t>(value)) + "\"`";
}

std::string show(double value, const limits&) {
    return "`" + show_number(value) + "`";
}

std::string show(bool value, const limits&) {
    return value ? "`true`" : "`false`";
}

std::string show(milliseconds value, const limits&) {
    return "`\"" + show_duration(value.count()) + "\"`";
}

std::string show(const std::string& value, const limits&) {
    return value.empty() ? "" : "`\"" + value + "\"`";
}

std::string show(const endpoint& value, const limits&) {
    return "`\"" + to_string(value) + "\"`";
}

std::string show(file_mode value, const limits&) {
    std::string digits;
    for (const unsigned shift : {6u, 3u, 0u}) digits += static_cast<char>('0' + (value.bits >> shift & 7));
    return "`\"" + digits + "\"`";
}

std::string describe_values(file_mode, const limits&) {
    return "octal digits";
}

std::string describe_values(std::uint32_t, const limits& range) {
    return range_text(range, show_count);
}

std::string describe_values(std::size_t, const limits& range) {
    return range_text(range, range.unit == unit::bytes ? show_bytes : show_count);
}

std::string describe_values(double, const limits& range) {
    return range_text(range, show_number);
}

std::string describe_values(bool, const limits&) {
    return "`true`, `false`";
}

std::string describe_values(milliseconds, const limits& range) {
    return range_text(range, show_time);
}

std::string describe_values(const std::string&, const limits&) {
    return "text";
}

std::string describe_values(const endpoint&, const limits&) {
    return "address";
}

}  // namespace respgres::conf
