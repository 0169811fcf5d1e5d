// A table with columns of every type that users have, and mappings of every shape on it.
#pragma once

#include "tests/e2e/wire_compare.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// A column, and SQL that gives the text that README documents for it in the shapes that are not JSON ("" = no text: bytea is raw).
struct shaped_column {
    std::string_view name;
    std::string_view type;
    std::string_view documented;
};

inline constexpr shaped_column shaped_columns[] = {
    {"id", "int4", "id::text"},
    {"small", "int2", "small::text"},
    {"large", "int8", "large::text"},
    {"exact", "numeric", "exact::text"},
    {"money", "numeric(12,2)", "money::text"},
    {"single", "float4", "single::text"},
    {"twice", "float8", "twice::text"},
    {"flag", "bool", "flag::text"},   // true, false
    {"note", "text", "note"},
    {"short_note", "varchar(20)", "short_note::text"},
    {"raw", "bytea", ""},
    {"uid", "uuid", "uid::text"},
    {"day", "date", "day::text"},
    {"local_at", "timestamp", "to_json(local_at) #>> '{}'"},   // ISO 8601
    {"at", "timestamptz", "to_json(at) #>> '{}'"},
    {"took", "interval", "took::text"},
    {"doc", "json", "doc::text"},
    {"docb", "jsonb", "docb::text"},
    {"tags", "text[]", "to_json(tags)::text"},
    {"counts", "int4[]", "to_json(counts)::text"},
    {"grid", "numeric[]", "to_json(grid)::text"},
    {"mood", "mood", "mood::text"},
    {"nothing", "text", "nothing"},   // NULL in every row
};

// Row 1 is ordinary, 2 and 3 are extremes, 4 is all NULL, 5 has text that JSON and RESP must escape or count.
inline constexpr std::string_view shaped_rows = R"sql(
INSERT INTO shaped VALUES
(1, 7, 7000000000, 12.50, 19.90, 0.1, 0.1, true, 'plain', 'short', '\x00ff0d0a41', '123e4567-e89b-12d3-a456-426614174000', '2026-11-22',
 '2026-11-22 18:55:00.5', '2026-11-22 18:55:00.000001+01', '1 day 02:03:04', '{"b" : [1,  2], "a":null}', '{"b" : [1.50,  2], "a":null}',
 '{a,"b c",NULL,"d,\"e\""}', '{1,2,NULL}', '{{1.10,2},{3,4e10}}', 'it''s', NULL),
(2, -32768, -9223372036854775808, -12345678901234567890123456789.012345678900, -9999999999.99, 'NaN', 'NaN', false, '', '', '',
 '00000000-0000-0000-0000-000000000000', '0044-03-15 BC', '-infinity', 'infinity', '-178000000 years', '"x"', 'null', '{}', '{}', '{}', 'sad', NULL),
(3, 32767, 9223372036854775807, 1e-30, 9999999999.99, '-Infinity', 'Infinity', true, '12', '0', '\x5c78', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
 '12044-03-15', '0001-01-01 00:00:00', '1800-01-01 00:00:00+00', '0', '[]', '[12345678901234567890.10]', '{""}', '{-2147483648}', '{NaN}', 'ok', NULL),
(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(5, 0, 0, 'NaN', 0.00, 1e20, 5e-324, false, E'"quoted" \\back\\slash\t\r\n\b\x01\x1f\x7f / é € 😀 \u2028', E'a\nb', '\x0a', '123e4567-e89b-12d3-a456-426614174001',
 '1970-01-01', '2000-02-29 23:59:59.999999', '1970-01-01 00:00:00+00', '-00:00:01', '{"k\u00e9y":"\n"}', '{"k\u00e9y":"\n"}',
 E'{"\\\\\\"",é,"{}"}', '{0}', '{0.00}', 'ok', NULL)
)sql";

class shapes_platform {
public:
    shapes_platform() : proxy_(load()) {}

    redis_server redis;

    postgres_server& postgres() const { return postgres_server::shared(); }
    resp_client client() const { return resp_client(proxy_.port()); }
    std::string in_redis(const std::vector<std::string>& words) const { return direct_.call(words); }

    // Waits until Redis holds the key: an answer may be given before its value is stored.
    void wait_until_stored(const std::string& key) const {
        eventually(key + " is stored", [&] { return in_redis({"EXISTS", key}) == ":1\r\n"; });
    }

    // A key's type in Redis is `type`, and it will expire.
    bool holds(const std::string& key, const std::string& type) const {
        const auto left = in_redis({"PTTL", key});
        return in_redis({"TYPE", key}) == "+" + type + "\r\n" && left.starts_with(':') && std::stoll(left.substr(1)) > 0;
    }

private:
    static std::string mapping(const std::string& name, const std::string& key, const std::string& shape, const std::string& query) {
        return "[mapping." + name + "]\nkey = '" + key + "'\nshape = '" + shape + "'\nttl = '10m'\nquery = \"\"\"" + query + "\"\"\"\n";
    }

    proxy_config load() const {
        std::string columns;
        for (const auto& column : shaped_columns)
            columns.append(columns.empty() ? "" : ", ").append(column.name).append(" ").append(column.type);
        postgres().execute("SET client_min_messages = warning; DROP TABLE IF EXISTS shaped; DROP TYPE IF EXISTS mood");
        postgres().execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s'); CREATE TABLE shaped (" + columns + ")");
        postgres().execute(shaped_rows);

        proxy_config config;
        config.redis_url = redis.url();
        config.postgres_url = postgres().url();
        const std::string one_row = " FROM shaped WHERE id = :id";
        config.mappings = mapping("all_rows", "all", "json", "SELECT * FROM shaped ORDER BY id") +
                          mapping("some_rows", "json:{id:int}", "json", "SELECT *" + one_row) +
                          mapping("json_row", "row:{id:int}", "json_row", "SELECT *" + one_row) +
                          mapping("hash", "hash:{id:int}", "hash", "SELECT *" + one_row) +
                          mapping("counter", "counter:{id:int}", "counter", "SELECT large" + one_row) +
                          mapping("zset", "zset", "zset", "SELECT note AS member, twice AS score FROM shaped WHERE twice <> 'NaN'");
        for (const auto& column : shaped_columns) {
            const std::string name(column.name);
            config.mappings += mapping("string_" + name, "string_" + name + ":{id:int}", "string", "SELECT " + name + one_row) +
                               mapping("list_" + name, "list_" + name, "list", "SELECT " + name + " FROM shaped ORDER BY id") +
                               mapping("set_" + name, "set_" + name, "set", "SELECT " + name + " FROM shaped");
        }
        return config;
    }

    proxy_process proxy_;
    mutable resp_client direct_{redis.port()};   // not through the proxy
};

}  // namespace respgres::tests
