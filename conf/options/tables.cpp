#include "conf/options/tables.hpp"

namespace respgres::conf {

namespace {

template <class Member>
struct member_of;
template <class Section_, class Value>
struct member_of<Value Section_::*> {
    using section = Section_;
    using value = Value;
};

template <auto Member>
constexpr auto row(std::string_view name, limits range, std::string_view help, bool is_required = false) {
    using section = typename member_of<decltype(Member)>::section;
    using value = typename member_of<decltype(Member)>::value;
    return option<section>{name,
                           range,
                           is_required,
                           help,
                           [](notes& found, const option<section>& self, const node& from, section& into) {
                               read_into(found, self.name, from, self.range, into.*Member);
                           },
                           [](const section& from, const limits& bounds) { return show(from.*Member, bounds); },
                           [](const limits& bounds) { return describe_values(value{}, bounds); }};
}

template <auto Member>
constexpr auto required(std::string_view name, limits range, std::string_view help) {
    return row<Member>(name, range, help, true);
}

constexpr double second = 1'000;
constexpr double hour = 3'600 * second;
constexpr double day = 24 * hour;
constexpr double kib = 1'024;
constexpr double mib = 1'024 * kib;
constexpr double gib = 1'024 * mib;
constexpr double longest_text = 1'024;         // of an address or a key pattern
constexpr double longest_query = 64 * kib;

constexpr limits any{};
constexpr limits bytes(double min, double max) {
    return {min, max, unit::bytes};
}

using server = server_settings;
using tls = tls_settings;
using admin = admin_settings;
using auth = auth_settings;
using redis = redis_settings;
using postgres = postgres_settings;
using freshness = freshness_settings;
using near_cache = near_cache_settings;
using mapping = mapping_settings;
using rule = rule_settings;
using user = user_settings;

constexpr option<server> server_options[] = {
    row<&server::listen>("listen", {1, 16},
                         "where clients connect: `host:port`, `[ipv6]:port`, `tls:host:port`, `unix:/path`; port 0 takes a free one"),
    row<&server::workers>("workers", {0, 256}, "threads that serve clients; 0 = one per core"),
    row<&server::busy_poll>(
        "busy_poll", {0, 10'000},
        "how long after a client's last command a worker looks for the next one without sleeping, which takes a core and makes "
        "answers faster; 0 = it sleeps at once; try 100ms"),
    row<&server::max_clients>("max_clients", {1, 1'000'000}, "connections at once; more are refused with an error"),
    row<&server::protected_mode>(
        "protected_mode", any,
        "refuse to listen on addresses that are not loopback, unless clients must authenticate or have certificates"),
    row<&server::unix_socket_mode>("unix_socket_mode", any, "who may connect to a Unix socket: the permission bits of its file"),
    row<&server::max_arguments>("max_arguments", {16, 1'048'576}, "arguments of one command"),
    row<&server::max_bulk>("max_bulk", bytes(kib, 512 * mib), "one argument of a command"),
    row<&server::max_command>("max_command", bytes(kib, gib), "all of one command; at least `max_bulk`"),
    row<&server::output_soft_limit>("output_soft_limit", bytes(16 * kib, gib),
                                    "replies that wait for a client before no more is read from it"),
    row<&server::output_hard_limit>("output_hard_limit", bytes(16 * kib, 4 * gib),
                                    "replies that wait for a client before it is closed; at least `output_soft_limit`"),
    row<&server::request_timeout>("request_timeout", {100, hour}, "from the first byte of a command to its last"),
    row<&server::write_timeout>("write_timeout", {100, hour}, "how long a client may read nothing of what waits for it"),
    row<&server::idle_timeout>("idle_timeout", {0, 365 * day},
                               "how long a client may send nothing, unless it subscribes or blocks; 0 = for ever"),
    row<&server::drain_timeout>("drain_timeout", {0, hour}, "how long requests in flight may take after SIGTERM"),
};

constexpr option<tls> tls_options[] = {
    row<&tls::certificate>("certificate", {1, longest_text}, "our certificate and, behind it, the intermediate ones; required with `tls:`"),
    row<&tls::key>("key", {1, longest_text}, "its private key, mode 600 or 640; required with `tls:`"),
    row<&tls::client_ca>("client_ca", {1, longest_text},
                         "if set, clients must have a certificate that one of these authorities has signed (mTLS)"),
    row<&tls::min_version>("min_version", any, "the oldest version of TLS that clients may speak"),
    row<&tls::ciphers>("ciphers", {1, longest_text}, "ciphers of TLS 1.2 in OpenSSL's notation; empty: OpenSSL's choice"),
    row<&tls::ciphersuites>("ciphersuites", {1, longest_text}, "ciphers of TLS 1.3, the same way"),
    row<&tls::handshake_timeout>("handshake_timeout", {100, hour}, "how long a client may take for the handshake"),
};

constexpr option<admin> admin_options[] = {
    row<&admin::listen>("listen", {0, 1}, "one address as in [server]; `\"\"` switches the port off"),
    row<&admin::max_connections>("max_connections", {1, 10'000}, "connections at once"),
};

constexpr option<auth> auth_options[] = {
    row<&auth::mode>("mode", any,
                     "`none`; `users` of the proxy's own, from `users_file`; `redis`: clients' credentials go to Redis, and its ACL holds"),
    row<&auth::users_file>("users_file", {1, longest_text},
                           "file with the users of mode `users`, mode 600 or 640; relative to this configuration file"),
    row<&auth::timeout>("timeout", {100, hour}, "a client that has not authenticated by then is closed"),
    row<&auth::max_identities>("max_identities", {1, 10'000}, "mode `redis`: users at once with connections to Redis, per worker"),
};

constexpr option<redis> redis_options[] = {
    row<&redis::url>("url", {1, longest_text}, "`redis://[user[:password]@]host[:port][/db]`, `rediss://...` (TLS) or `unix:///path?db=n`"),
    row<&redis::password_file>("password_file", {1, longest_text},
                               "file with the password, mode 600 or 640, instead of one in `url`; relative to this configuration file"),
    row<&redis::tls_ca>(
        "tls_ca", {1, longest_text},
        "PEM file with the authorities that sign Redis' certificate; the system's if not set; for rediss://, as are those below"),
    row<&redis::tls_certificate>("tls_certificate", {1, longest_text}, "our certificate, if Redis asks for one (`tls-auth-clients`)"),
    row<&redis::tls_key>("tls_key", {1, longest_text}, "its private key, mode 600 or 640"),
    row<&redis::tls_server_name>("tls_server_name", {1, 255},
                                 "the name or IP address in Redis' certificate, if it is not the host in `url`"),
    row<&redis::connect_timeout>("connect_timeout", {1, hour}, "limit on one connection attempt"),
    row<&redis::timeout>("timeout", {1, hour}, "a reply that takes longer breaks the connection"),
    row<&redis::reconnect_max>("reconnect_max", {1, hour}, "the pause between connection attempts grows up to this"),
    row<&redis::dedicated_max>("dedicated_max", {1, 1'000'000}, "connections for clients that watch keys, block or subscribe, one each"),
};

constexpr option<postgres> postgres_options[] = {
    row<&postgres::url>("url", {1, longest_text},
                        "`postgresql://user@host:port/database` or libpq keywords (`host=... dbname=...`); required with mappings"),
    row<&postgres::password_file>("password_file", {1, longest_text},
                                  "file with the password, mode 600 or 640, instead of one in `url`; relative to this configuration file"),
    row<&postgres::pool>("pool", {1, 1'000}, "connections, shared out among the workers (at least one each)"),
    row<&postgres::pipeline_depth>("pipeline_depth", {1, 1'024},
                                   "quick queries that may be under way on one connection at the same time; 1 = one query at a time"),
    row<&postgres::max_waiting>("max_waiting", {1, 1'000'000}, "fills that may wait for a connection, per worker"),
    row<&postgres::connect_timeout>("connect_timeout", {1, hour}, "limit on one connection attempt"),
    row<&postgres::reconnect_max>("reconnect_max", {1, hour}, "the pause between connection attempts grows up to this"),
};

constexpr option<freshness> freshness_options[] = {
    row<&freshness::source>("source", any,
                            "what drops a filled key: `replication` = the changes that PostgreSQL streams; `notify` = the notifications of "
                            "[rule.NAME]; `ttl` = its time only"),
    row<&freshness::bound>("bound", {50, hour}, "how far an answer may lag behind what was committed; with `source = \"replication\"`"),
    row<&freshness::publication>("publication", {1, 63}, "the publication of the tables that the mappings read"),
    row<&freshness::slot>("slot", {1, 63}, "the replication slot; one for all proxies that share a Redis"),
    row<&freshness::hold>("hold", {0, day}, "how long changes are kept after they were applied, to apply them again when Redis loses them"),
    row<&freshness::audit_rate>("audit_rate", {0, 1'000}, "reads a second, per proxy, that are compared with the database; 0 = none"),
};

constexpr option<log_settings> log_options[] = {
    row<&log_settings::level>("level", any, "the least important messages that are written"),
    row<&log_settings::json>("json", any, "one JSON object per line"),
};

constexpr option<near_cache> near_cache_options[] = {
    row<&near_cache::max_bytes>("max_bytes", bytes(0, 64 * gib), "memory for keys and replies, of all workers together; 0 = no near cache"),
    row<&near_cache::keys>("keys", {1, 1'000},
                           "keys of no mapping whose replies to GET are kept too: a whole key, or a beginning with `*` behind it"),
};

constexpr option<mapping> mapping_options[] = {
    required<&mapping::key>("key", {1, longest_text}, "the pattern of its keys, with captures: `bets:{user_id:int}`"),
    required<&mapping::query>("query", {1, longest_query}, "the SELECT that fills a key; `:name` is the capture of that name"),
    row<&mapping::store>("store", {1, longest_query}, "the statement that stores a client's write; for a later version"),
    row<&mapping::shape>("shape", any, "the Redis type of a filled key and how rows become it"),
    row<&mapping::primary>("primary", any,
                           "which holds the truth: `postgres` refuses clients' writes, `redis` takes them and keeps the TTL"),
    required<&mapping::ttl>("ttl", {1, 365 * day}, "how long a filled key lives"),
    row<&mapping::negative_ttl>("negative_ttl", {0, day}, "how long \"no row\" is remembered; 0 = not at all"),
    row<&mapping::ttl_jitter>("ttl_jitter", {0, 0.9}, "part of the TTL by which keys filled together expire apart"),
    row<&mapping::stale_while_revalidate>("stale_while_revalidate", {0, 365 * day},
                                          "how long past its TTL a value is served while it is refreshed"),
    row<&mapping::refresh_ahead>("refresh_ahead", {0, 10},
                                 "refresh before expiry, the sooner the slower the query (XFetch's beta); 0 = off"),
    row<&mapping::fill_timeout>("fill_timeout", {1, hour}, "limit on one query, which is then cancelled"),
    row<&mapping::batch_max>("batch_max", {0, 1'000},
                             "keys that one query may fill; 0 = 64 if its rows are found by the captures (`column = :name`), else 1"),
    row<&mapping::batch_window>("batch_window", {0, 1'000},
                                "how long a missing key waits for others; 0 = only while queries are under way"),
    row<&mapping::max_rows>("max_rows", {1, 10'000'000}, "rows of one fill; more are an error"),
    row<&mapping::max_bytes>("max_bytes", bytes(1, 512 * mib), "size of one filled value; more is an error"),
    row<&mapping::bad_capture>("bad_capture", any, "what a key answers whose capture has not its type"),
    row<&mapping::follow_changes>("follow_changes", any, "`false`: [freshness] does not hold for its keys, only their TTL"),
    row<&mapping::invalidate_on>("invalidate_on", {0, 256}, "tables whose changes drop the keys; empty: those that the query reads"),
    row<&mapping::immutable>("immutable", {0, 256}, "columns that never change in a row, so that old values need not be known"),
    row<&mapping::bound>("bound", {0, hour}, "as in [freshness], for its keys; 0 = that one"),
    row<&mapping::coalesce_ms>(
        "coalesce_ms", {0, 60'000},
        "of wide mappings: after a drop, the changes of so many milliseconds are one drop; adds to the bound; 0 = each drops at once"),
    row<&mapping::unproven>("unproven", any,
                            "what a read gets while the bound cannot be proved: `query` PostgreSQL, or `serve` what Redis holds"),
    row<&mapping::near_cache>(
        "near_cache", any, "`true`: what GET (HGETALL, SMEMBERS, LRANGE 0 -1, ZRANGE 0 -1) answers is kept in the proxy's memory as well"),
    row<&mapping::audit>("audit", any,
                         "`false`: its reads are not compared with the database, since its query may answer the same rows differently"),
};

constexpr option<rule> rule_options[] = {
    row<&rule::on_command>(
        "on_command", {1, longest_text},
        "a command of a client and its key or channel, with captures or a `*` at the end: `XADD bets.placed`, `PUBLISH bets.*`"),
    row<&rule::on_notify>("on_notify", {1, 63}, "a channel of PostgreSQL's NOTIFY; instead of `on_command`"),
    row<&rule::payload>("payload", {1, longest_text}, "what a notification says, with captures: `{id:int}`; empty: anything"),
    row<&rule::drops>(
        "drops", {1, 1'000},
        "keys that it makes untrue, with the captures: `bet:{id}`; all keys of a mapping: `bet:*`. Without it the payload is the key"),
};

constexpr option<user> user_options[] = {
    row<&user::password>("password", {1, 1'000},
                         "what `respgres hash-password` prints, or `#` and 64 hexadecimal digits as in Redis' ACL; any of them"),
    row<&user::nopass>("nopass", any, "any password is right; instead of `password`"),
    row<&user::enabled>("enabled", any, "`false`: nobody can be this user"),
    row<&user::commands>("commands", {1, 1'000},
                         "what it may run, as in Redis' ACL: `+@all`, `-@dangerous`, `+config|get`; from left to right"),
    row<&user::keys>("keys", {1, 1'000}, "which keys: `~bets:*`; only to read `%R~bets:*`, only to write `%W~bets:*`"),
    row<&user::channels>("channels", {1, 1'000}, "which channels of PUBLISH and SUBSCRIBE: `&news.*`"),
};

}  // namespace

std::span<const option<server_settings>> options_of(const server_settings&) {
    return server_options;
}
std::span<const option<tls_settings>> options_of(const tls_settings&) {
    return tls_options;
}
std::span<const option<admin_settings>> options_of(const admin_settings&) {
    return admin_options;
}
std::span<const option<auth_settings>> options_of(const auth_settings&) {
    return auth_options;
}
std::span<const option<redis_settings>> options_of(const redis_settings&) {
    return redis_options;
}
std::span<const option<postgres_settings>> options_of(const postgres_settings&) {
    return postgres_options;
}
std::span<const option<freshness_settings>> options_of(const freshness_settings&) {
    return freshness_options;
}
std::span<const option<near_cache_settings>> options_of(const near_cache_settings&) {
    return near_cache_options;
}
std::span<const option<log_settings>> options_of(const log_settings&) {
    return log_options;
}
std::span<const option<mapping_settings>> options_of(const mapping_settings&) {
    return mapping_options;
}
std::span<const option<rule_settings>> options_of(const rule_settings&) {
    return rule_options;
}
std::span<const option<user_settings>> options_of(const user_settings&) {
    return user_options;
}

}  // namespace respgres::conf
