#pragma once

#include "conf/problem.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::conf {

using std::chrono::milliseconds;

// An address to listen on or to connect to: TCP (host, port) or a Unix socket (path).
struct endpoint {
    std::string host;            // without brackets for IPv6
    std::uint16_t port = 0;
    std::string path;            // Unix socket; then host and port are empty
    bool tls = false;

    bool is_unix() const { return !path.empty(); }
    bool is_loopback() const;    // 127.0.0.0/8, ::1, localhost, or a Unix socket
};

std::string to_string(const endpoint& endpoint);   // "127.0.0.1:6380", "[::1]:6380", "unix:/path", "tls:host:port"

// A value and where the file says it, for problems that are found later (against the servers, or among mappings).
template <class T>
struct located {
    T value{};
    position where{};
};

// The permission bits of a file.
struct file_mode {
    std::uint32_t bits = 0600;
};

struct server_settings {
    std::vector<located<endpoint>> listen{{{"127.0.0.1", 6380, {}, false}, {}}};
    std::uint32_t workers = 0;                      // 0 = one per core
    milliseconds busy_poll{0};                      // how long a worker looks for work without sleeping; 0 = it always sleeps
    std::uint32_t max_clients = 10'000;
    bool protected_mode = true;                     // refuse to listen on an address from which anybody can come
    file_mode unix_socket_mode;                     // of the Unix sockets in listen
    std::size_t max_arguments = 65'536;
    std::size_t max_bulk = 16u * 1024 * 1024;
    std::size_t max_command = 64u * 1024 * 1024;
    std::size_t output_soft_limit = 1u * 1024 * 1024;     // stop reading from the client above this
    std::size_t output_hard_limit = 64u * 1024 * 1024;    // close the client above this
    milliseconds request_timeout{10'000};           // from a command's first byte to its last
    milliseconds write_timeout{10'000};             // a client that reads nothing for so long is closed
    milliseconds idle_timeout{0};                   // a client that sends nothing for so long is closed; 0 = never
    milliseconds drain_timeout{5'000};              // SIGTERM: how long requests in flight may take
};

enum class tls_version : std::uint8_t { v1_2, v1_3 };

// TLS on the ports of [server] that ask for it. Files are in PEM form; paths are absolute, or relative to the configuration file's folder.
struct tls_settings {
    located<std::string> certificate;               // with the intermediate ones behind it
    located<std::string> key;
    located<std::string> client_ca;                 // if set, clients must have a certificate signed by one of these
    tls_version min_version = tls_version::v1_2;
    located<std::string> ciphers;                   // of TLS 1.2; empty: OpenSSL's
    located<std::string> ciphersuites;              // of TLS 1.3
    milliseconds handshake_timeout{5'000};
};

struct admin_settings {
    located<endpoint> listen{{"127.0.0.1", 9180, {}, false}, {}};   // enabled = false when listen = ""
    bool enabled = true;
    std::uint32_t max_connections = 64;
};

struct redis_settings {
    located<std::string> url{"redis://127.0.0.1:6379/0", {}};   // redis://, rediss:// or unix://, see redis_url.hpp
    located<std::string> password_file;             // instead of a password in the url
    endpoint address{"127.0.0.1", 6379, {}, false}; // from the url
    std::string user;
    std::string password;                           // or from password_file; never logged
    std::uint32_t database = 0;
    located<std::string> tls_ca;                    // with rediss://; empty: the system's authorities
    located<std::string> tls_certificate;           // ours, if Redis asks for one
    located<std::string> tls_key;
    std::string tls_server_name;                    // what the certificate must be for, if not the url's host
    milliseconds connect_timeout{1'000};
    milliseconds timeout{5'000};                    // a reply that takes longer breaks the connection
    milliseconds reconnect_max{1'000};              // back-off between attempts grows up to this
    std::uint32_t dedicated_max = 1'024;            // connections of clients that watch, block or subscribe, of all workers
};

struct postgres_settings {
    located<std::string> url;  // required with mappings; postgresql://... or a libpq keyword string, as libpq takes it
    located<std::string> password_file;  // instead of a password in the url
    std::string password;  // from password_file, when the url has none; never logged
    std::uint32_t pool = 4;  // connections, shared out among the workers (at least one each)
    std::uint32_t pipeline_depth = 64;  // quick queries at the same time on one connection
    std::uint32_t max_waiting = 1'024;  // fills that may wait for a connection, per worker
    milliseconds connect_timeout{2'000};
    milliseconds reconnect_max{1'000};
};

// Who says who a client is: nobody, the proxy's own users file, or Redis' ACL.
enum class auth_mode : std::uint8_t { none, users, redis };

struct auth_settings {
    located<auth_mode> mode{auth_mode::none, {}};
    located<std::string> users_file;                // of mode users
    milliseconds timeout{10'000};                   // a client that has not authenticated by then is closed
    std::uint32_t max_identities = 100;             // mode redis: users that have connections to Redis of their own, per worker
};

// One [user.NAME] of the users file; the words of rules are compiled by proxy/users.
struct user_settings {
    std::string name;
    position where;                                 // of the table's header
    bool enabled = true;
    bool nopass = false;                            // any password is right
    std::vector<located<std::string>> password;     // hashes; any of them
    std::vector<located<std::string>> commands;     // "+@all", "-flushall": as in Redis' ACL
    std::vector<located<std::string>> keys;         // "~bets:*", "%R~session:*"
    std::vector<located<std::string>> channels;     // "&news.*"
};

enum class freshness_source : std::uint8_t { ttl, notify, replication };

struct freshness_settings {
    located<freshness_source> source{freshness_source::ttl, {}};
    milliseconds bound{500};                        // how far an answer may lag behind what was committed
    located<std::string> publication{"respgres", {}};
    located<std::string> slot{"respgres", {}};      // one for all proxies that share a Redis
    milliseconds hold{60'000};                      // changes that the slot keeps although they were applied, to apply them again
    double audit_rate = 1;                          // reads a second that a proxy compares with the database; 0 = none
};

struct near_cache_settings {
    std::size_t max_bytes = 64u * 1024 * 1024;      // of all workers together; 0 = no near cache
    std::vector<located<std::string>> keys;         // of no mapping: "flag:*", "config"
};

// What a read gets while the bound cannot be proved: the query's answer, or what Redis holds.
enum class unproven_read : std::uint8_t { query, serve };

enum class log_level : std::uint8_t { debug, info, warning, error };

struct log_settings {
    log_level level = log_level::info;
    bool json = false;
};

// The native Redis type that a filled key has, and how rows become it.
enum class shape : std::uint8_t { string, json, json_row, hash, list, set, zset, counter };

enum class primary_source : std::uint8_t { postgres, redis };

enum class bad_capture : std::uint8_t { nil, error };

// One [mapping.NAME] as the file has it, types and ranges checked; patterns and queries are compiled by proxy/mappings.
struct mapping_settings {
    std::string name;
    position where;  // of the table's header
    located<std::string> key;  // "active_bets:limit_{limit:int}"
    located<std::string> query;  // with :named parameters
    located<std::string> store;  // later: write-behind; read and kept, not used yet
    located<conf::shape> shape{conf::shape::string, {}};
    located<primary_source> primary{primary_source::postgres, {}};
    located<milliseconds> ttl;  // required
    milliseconds negative_ttl{1'000};  // how long "no row" is remembered; 0 = not at all
    double ttl_jitter = 0.1;  // the TTL is shortened by up to this part, by the key's hash
    milliseconds stale_while_revalidate{0};  // how long past its TTL a value is served while it is refreshed
    double refresh_ahead = 0;  // XFetch's beta; 0 = off, 1 = as the paper has it
    milliseconds fill_timeout{2'000};  // query, then cancelled at the server
    located<std::uint32_t> batch_max;  // keys that one query may fill; 0 = as fits the query, 1 = each has a query of its own
    milliseconds batch_window{0};  // how long a key waits for others; 0 = no longer than a connection is busy
    std::uint32_t max_rows = 10'000;
    std::size_t max_bytes = 8u * 1024 * 1024;  // of the finished value
    conf::bad_capture bad_capture = conf::bad_capture::nil;
    bool follow_changes = true;  // false: [freshness] does not hold for its keys, their TTL only
    located<std::vector<std::string>> invalidate_on;  // "table" or "schema.table"; empty: as the query says
    located<std::vector<std::string>> immutable;  // columns whose values never change in a row
    milliseconds bound{0};  // 0 = that of [freshness]
    located<std::uint32_t> coalesce_ms;  // changes of a wide mapping within so long are one drop; 0 = each drops at once
    unproven_read unproven = unproven_read::query;
    bool near_cache = false;  // replies to the command that reads all of a value are kept in the proxy's memory as well
    bool audit = true;  // false: its query may give different answers on the same rows, so they are not compared
};

// One [rule.NAME]: what else than changed rows makes keys untrue. Patterns and targets are compiled by proxy/rules.
struct rule_settings {
    std::string name;
    position where;  // of the table's header
    located<std::string> on_command;  // "XADD bets.placed": a client's command and its key or channel
    located<std::string> on_notify;  // a channel of LISTEN/NOTIFY; instead of on_command
    located<std::string> payload;  // the form of a notification's payload, "{id:int}"; empty: any
    std::vector<located<std::string>> drops;  // "bet:{id}", "active_bets:*"
};

struct settings {
    std::string file;
    server_settings server;
    tls_settings tls;
    admin_settings admin;
    auth_settings auth;
    redis_settings redis;
    postgres_settings postgres;
    freshness_settings freshness;
    near_cache_settings near_cache;
    log_settings log;
    std::vector<mapping_settings> mappings;  // in the order of the file
    std::vector<rule_settings> rules;  // in the order of the file
    std::vector<user_settings> users;  // of auth.users_file, in its order; read only in mode users
};

std::string_view to_string(shape shape);
std::string_view to_string(primary_source source);
std::string_view to_string(freshness_source source);

}  // namespace respgres::conf
