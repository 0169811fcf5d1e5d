// What values_differential_test.cpp asks Redis and PostgreSQL: commands made from these words, and these SQL expressions.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

using command_words = std::vector<std::string>;
using choices = std::span<const std::string_view>;
using std::string_view_literals::operator""sv;

// What an argument is chosen from: good ones, odd ones and wrong ones.
inline constexpr std::string_view indices[] = {"0",
                                               "1",
                                               "2",
                                               "3",
                                               "5",
                                               "11",
                                               "12",
                                               "100",
                                               "-1",
                                               "-2",
                                               "-3",
                                               "-6",
                                               "-7",
                                               "-13",
                                               "299",
                                               "-300",
                                               "-0",
                                               "007",
                                               "1.5",
                                               " 1",
                                               "",
                                               "x",
                                               "+1",
                                               "9223372036854775807",
                                               "-9223372036854775808",
                                               "9223372036854775808"};
inline constexpr std::string_view scores[] = {"-inf", "+inf", "inf",  "(inf",  "(-inf", "0",    "(0",       "0.1",    "(0.1", "1", "(1",
                                              "-2.5", "(3",   "1e17", "1e400", "5",     "(5",   "-10",      "10",     "",     "(", "nan",
                                              "(nan", "x",    "((1",  " 1",    "1 ",    "0x10", "infinity", "1\0x"sv, "-0"};
inline constexpr std::string_view bounds[] = {"-",     "+",     "[",     "(",   "[a", "(a", "[aa", "[b", "(b", "[c",
                                              "[m150", "(m350", "[\xff", "(zz", "a",  "",   "--",  "+x", "1",  "-\0x"sv};
inline constexpr std::string_view names[] = {
    "id",        "name",  "",    "empty", "\0b"sv, "no",    "a",     "b",    "10",   "007",  "7",
    "-3",        "alone", "low", "top",   "zero",  "least", "third", "m100", "m399", "m400", "9223372036854775807",
    "zzzzzzzzzz"};
inline constexpr std::string_view options[] = {"WITHSCORES", "withscores", "REV", "rev", "BYSCORE", "byScore", "BYLEX",    "LIMIT",
                                               "0",          "1",          "2",   "-1",  "300",     "x",       "rev\0x"sv, "limit"};
inline constexpr std::string_view offsets[] = {"0", "1", "3", "298", "299", "300", "-1"};
inline constexpr std::string_view limits[] = {"0", "1", "2", "-1", "-5", "1000"};

// A command and what its arguments behind the key are; then up to `more` of `rest`.
struct form {
    std::string_view name;
    std::array<choices, 2> arguments = {};   // unused ones are empty
    choices rest = {};
    std::size_t more = 0;
};

inline constexpr form forms[] = {
    {"GET"},
    {"STRLEN"},
    {"GETRANGE", {indices, indices}},
    {"SUBSTR", {indices, indices}},
    {"MGET"},
    {"HGET", {names}},
    {"HMGET", {names}, names, 30},
    {"HGETALL"},
    {"HKEYS"},
    {"HVALS"},
    {"HLEN"},
    {"HEXISTS", {names}},
    {"HSTRLEN", {names}},
    {"LRANGE", {indices, indices}},
    {"LLEN"},
    {"LINDEX", {indices}},
    {"SMEMBERS"},
    {"SCARD"},
    {"SISMEMBER", {names}},
    {"SMISMEMBER", {names}, names, 30},
    {"ZRANGE", {indices, indices}, options, 5},
    {"ZRANGE", {scores, scores}, options, 6},
    {"ZRANGE", {bounds, bounds}, options, 6},
    {"ZRANGEBYSCORE", {scores, scores}, options, 4},
    {"ZREVRANGE", {indices, indices}, options, 3},
    {"ZREVRANGEBYSCORE", {scores, scores}, options, 4},
    {"ZSCORE", {names}},
    {"ZMSCORE", {names}, names, 30},
    {"ZCARD"},
    {"ZCOUNT", {scores, scores}},
    {"ZRANK", {names}},
    {"ZREVRANK", {names}},
    {"EXISTS"},
    {"TYPE"},
    {"EXPIRETIME"},
    {"PEXPIRETIME"},
};

class command_generator {
public:
    command_words make(const form& of, const std::string& key) {
        command_words made = {std::string(of.name), key};
        for (const choices each : of.arguments)
            if (!each.empty()) made.push_back(one_of(each));
        for (std::size_t more = below(of.more + 1); more > 0; --more) made.push_back(one_of(of.rest));
        return made;
    }

    // Options that are mostly well formed, which random words seldom are.
    command_words make_range(const std::string& key) {
        const bool by_lex = below(2) == 0;
        const choices ends = by_lex ? choices(bounds) : choices(scores);
        command_words made = {"ZRANGE", key, one_of(ends), one_of(ends), by_lex ? "BYLEX" : "BYSCORE"};
        if (below(2) == 0) made.push_back("REV");
        if (below(2) == 0) made.insert(made.end(), {"LIMIT", one_of(offsets), one_of(limits)});
        if (below(3) == 0 || !by_lex) made.push_back("WITHSCORES");
        return made;
    }

private:
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
    std::string one_of(choices from) { return std::string(from[below(from.size())]); }

    std::mt19937 random_{20'261'122};   // the same commands in every run
};

// One or more of each type that a user would have.
inline constexpr std::string_view scalars[] = {
    "''::text",
    "'plain'::text",
    "E'\\b\\f\\n\\r\\t\\x01\\x1f\\x7f \"\\\\/ é€😀'::text",
    "'x'::varchar(5)",
    "'x'::char(5)",
    "'a'::\"char\"",
    "'n'::name",
    "0::int2",
    "(-32768)::int2",
    "2147483647::int4",
    "(-9223372036854775808)::int8",
    "42::oid",
    "0.00::numeric",
    "-12345678901234567890123.4500::numeric(30,4)",
    "1e-20::numeric",
    "1e30::numeric",
    "'NaN'::numeric",
    "'-Infinity'::numeric",
    "0.1::float8",
    "1e300::float8",
    "5e-324::float8",
    "'-0'::float8",
    "'NaN'::float8",
    "'Infinity'::float8",
    "'-Infinity'::float4",
    "0.1::float4",
    "1e20::float4",
    "true",
    "false",
    "'{\"b\" : [1,  2], \"a\":null}'::json",
    "'\n[1]'::json",
    "'\"x\"'::json",
    "'{\"b\" : [1,  2], \"a\":null}'::jsonb",
    "'null'::jsonb",
    "''::bytea",
    "'\\x00ff41'::bytea",
    "'a\\\\b'::bytea",
    "'2026-11-22'::date",
    "'0044-03-15 BC'::date",
    "'infinity'::date",
    "'12044-03-15'::date",
    "'2026-11-22 18:55:00'::timestamp",
    "'2026-11-22 18:55:00.123'::timestamp",
    "'0044-03-15 12:00:00 BC'::timestamp",
    "'-infinity'::timestamp",
    "'12044-03-15 12:00:00.5'::timestamp",
    "'2026-11-22 18:55:00+00'::timestamptz",
    "'2026-11-22 18:55:00.000001-03'::timestamptz",
    "'1800-01-01 00:00:00+00'::timestamptz",
    "'0044-03-15 12:00:00+00 BC'::timestamptz",
    "'infinity'::timestamptz",
    "'18:55:00.5'::time",
    "'18:55:00+02'::timetz",
    "'1 year -2 days 03:04:05.6'::interval",
    "'123e4567-e89b-12d3-a456-426614174000'::uuid",
    "'10.0.0.1/8'::inet",
    "'10.0.0.0/8'::cidr",
    "'08:00:2b:01:02:03'::macaddr",
    "'[1,10)'::int4range",
    "'(,2026-01-01]'::daterange",
    "'[\"2026-01-01 00:00:00\",)'::tsrange",
    "'{[1,2),[5,7)}'::int4multirange",
    "12.5::money",
    "'1010'::bit(4)",
    "'(1,2)'::point",
    "'(1,2),(3,4)'::box",
    "'a b'::tsvector",
    "'<a/>'::xml",
    "'0/16B3748'::pg_lsn",
    "'very \"happy\"'::json_mood",
    "9.5::json_price",
};

inline constexpr std::string_view arrays[] = {
    "'{}'::int4[]",
    "'{1,NULL,-3}'::int4[]",
    "'{{1,2},{3,4}}'::int8[]",
    "'[0:1]={1,2}'::int2[]",
    "'[-1:0][5:6][1:1]={{{1},{2}},{{3},{NULL}}}'::int4[]",
    "ARRAY['', 'a', 'b c', NULL, 'NULL', 'null', '{}', ',', '\"', '\\', E'\\n', 'é', '\\\"']",
    "ARRAY['a','b']::varchar[]",
    "ARRAY[1.50, 'NaN', 'Infinity', 12345678901234567890.10]::numeric[]",
    "ARRAY[0.1, 'NaN', '-Infinity']::float8[]",
    "ARRAY[0.1]::float4[]",
    "ARRAY[true, false, NULL]",
    "ARRAY['{\"a\": [1, \"x\\\\y\"]}', 'null', '\"s\"']::json[]",
    "ARRAY['{\"a\": [1, \"x\"]}', NULL, '{}']::jsonb[]",
    "ARRAY['\\x00ff', '']::bytea[]",
    "ARRAY['2026-11-22', 'infinity']::date[]",
    "ARRAY['2026-11-22 18:55:00.5', NULL, 'infinity']::timestamp[]",
    "ARRAY['2026-11-22 18:55:00.5+00', '-infinity', '0044-03-15 12:00:00+00 BC']::timestamptz[]",
    "ARRAY['1 day 02:00:00']::interval[]",
    "ARRAY['123e4567-e89b-12d3-a456-426614174000']::uuid[]",
    "ARRAY['10.0.0.1']::inet[]",
    "ARRAY['[1,2)', 'empty']::int4range[]",
    "ARRAY['(1,2),(3,4)', '(5,6),(7,8)']::box[]",
    "ARRAY['(1,2)']::point[]",
    "ARRAY[1,2]::oid[]",
    "ARRAY['sad', 'very \"happy\"', NULL]::json_mood[]",
    "ARRAY[1.5, NULL]::json_price[]",
    "ARRAY[1.5]::money[]",
    "ARRAY[[true],[false]]",
};

}  // namespace respgres::tests
