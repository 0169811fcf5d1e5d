#include "proxy/values/json_writer.hpp"

#include "proxy/values/pg_array.hpp"
#include "proxy/values/text_forms.hpp"

#include <array>
#include <cstddef>

namespace respgres::proxy {

namespace {

using postgres::type_kind;

// What follows the backslash for a byte that JSON wants escaped: the letter, 'u' for \u00xx, 0 for none.
constexpr auto escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t control = 0; control < 0x20; ++control) table[control] = 'u';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    table['"'] = '"';
    table['\\'] = '\\';
    return table;
}();

void append_escaped(std::string& out, std::string_view text) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = escapes[byte];
        if (escape == 0) continue;
        out.append(text, done, i - done).push_back('\\');
        out.push_back(escape);
        if (escape == 'u') {
            constexpr std::string_view digits = "0123456789abcdef";
            out.append("00").push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        }
        done = i + 1;
    }
    out.append(text, done);
}

void write_string(std::string& out, std::string_view text) {
    append_json_string(out, text);
}

void write_number(std::string& out, std::string_view text) {
    // NaN and Infinity are no JSON numbers; each number ends with a digit.
    if (!text.empty() && text.back() >= '0' && text.back() <= '9')
        out.append(text);
    else
        append_json_string(out, text);
}

void write_boolean(std::string& out, std::string_view text) {
    out.append(text.starts_with('t') ? "true" : "false");
}

void write_raw(std::string& out, std::string_view text) {
    out.append(text);
}

void write_timestamp(std::string& out, std::string_view text) {
    out.push_back('"');
    append_iso_timestamp(out, text);
    out.push_back('"');
}

void write_timestamptz(std::string& out, std::string_view text) {
    out.push_back('"');
    append_iso_timestamptz(out, text);
    out.push_back('"');
}

// bytea stays in its hex form: "\\x00ff".
constexpr json_scalar writers[] = {write_string, write_number, write_boolean, write_raw, write_string, write_timestamp, write_timestamptz};
static_assert(std::size(writers) == static_cast<std::size_t>(type_kind::timestamptz) + 1);

// to_json quotes an oid although it is a number in SQL.
constexpr std::uint32_t oid_type = 26;
constexpr std::uint32_t oid_array_type = 1028;

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    append_escaped(out, text);
    out.push_back('"');
}

json_scalar json_scalar_for(const postgres::column& column) {
    if (column.type_oid == oid_type || column.type_oid == oid_array_type) return write_string;
    return writers[static_cast<std::size_t>(column.kind)];
}

void append_json_array(std::string& out, std::string_view literal, char delimiter, json_scalar element) {
    using token = array_reader::token;
    const std::size_t start = out.size();
    array_reader reader(literal, delimiter);
    for (token next = reader.next(); next != token::end; next = reader.next()) {
        switch (next) {
            case token::open: out.push_back('['); break;
            case token::close: out.push_back(']'); break;
            case token::separator: out.push_back(','); break;
            case token::element: element(out, reader.element()); break;
            case token::null: out.append("null"); break;
            case token::end: break;
            case token::malformed: out.resize(start); return append_json_string(out, literal);
        }
    }
}

void append_json(std::string& out, const postgres::column& column, std::string_view text) {
    const json_scalar scalar = json_scalar_for(column);
    if (column.is_array)
        append_json_array(out, text, column.delimiter, scalar);
    else
        scalar(out, text);
}

}  // namespace respgres::proxy
