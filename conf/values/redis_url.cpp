#include "conf/values/redis_url.hpp"

#include "conf/values/address.hpp"

namespace respgres::conf {

namespace {

enum class scheme_kind : std::uint8_t { tcp, tls, unix_socket, later };

struct scheme {
    std::string_view prefix;
    scheme_kind kind;
};

constexpr scheme schemes[] = {
    {"redis://", scheme_kind::tcp},           {"rediss://", scheme_kind::tls},
    {"unix://", scheme_kind::unix_socket},    {"redis+sentinel://", scheme_kind::later},
    {"redis+cluster://", scheme_kind::later},
};

constexpr std::uint16_t default_port = 6379;
constexpr std::uint32_t last_database = 0x7fff'ffff;   // Redis keeps the number in an int

complaint read_user(std::string_view text, redis_settings& out) {
    auto rest = text;
    const auto user = percent_decode(cut(rest, ':'));
    const auto password = percent_decode(rest);
    if (!user || !password) return "a '%' in user or password is not followed by two hexadecimal digits (write %25 for '%')";
    out.user = *user;
    out.password = *password;
    return {};
}

complaint read_database(std::string_view text, redis_settings& out) {
    if (text.empty()) return {};
    const auto number = read_number<std::uint32_t>(text);
    if (!number || *number > last_database) return "the database is not a number; write redis://host:port/0 or unix:///path?db=0";
    out.database = *number;
    return {};
}

complaint read_tcp(std::string_view host, std::string_view path, redis_settings& out) {
    auto wrong = read_host_and_port(host, default_port, out.address);
    if (wrong.empty() && out.address.port == 0) wrong = "the port is not a number from 1 to 65535";
    if (wrong.empty()) wrong = read_database(path.substr(path.empty() ? 0 : 1), out);
    return wrong;
}

complaint read_unix(std::string_view host, std::string_view path, std::string_view query, redis_settings& out) {
    if (!host.empty()) return "a Unix socket has no host; write unix:///path";
    constexpr std::string_view database = "db=";
    if (!query.empty() && !query.starts_with(database)) return "the only parameter of a unix:// address is db; write unix:///path?db=0";
    const auto decoded = percent_decode(path);
    if (!decoded) return "a '%' in the path is not followed by two hexadecimal digits (write %25 for '%')";
    auto wrong = read_socket_path(*decoded, out.address);
    if (wrong.empty() && !query.empty()) wrong = read_database(query.substr(database.size()), out);
    return wrong;
}

complaint read_parts(scheme_kind kind, std::string_view rest, redis_settings& out) {
    if (rest.find('#') != std::string_view::npos) return "write %23 for '#'";
    auto query = rest;
    const auto before_query = cut(query, '?');
    const auto slash = std::min(before_query.find('/'), before_query.size());
    auto authority = before_query.substr(0, slash);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        if (auto wrong = read_user(authority.substr(0, at), out); !wrong.empty()) return wrong;
        authority.remove_prefix(at + 1);
    }
    const auto path = before_query.substr(slash);
    if (kind == scheme_kind::unix_socket) return read_unix(authority, path, query, out);
    if (!query.empty()) return "a redis:// address takes no parameters after '?'";
    out.address.tls = kind == scheme_kind::tls;
    return read_tcp(authority, path, out);
}

}  // namespace

complaint read_redis_url(std::string_view url, redis_settings& out) {
    for (const auto& [prefix, kind] : schemes) {
        if (!url.starts_with(prefix)) continue;
        if (kind == scheme_kind::later) return std::string{prefix} + " is not supported yet; use redis://, rediss:// or unix://";
        out.address = {};
        auto wrong = read_parts(kind, url.substr(prefix.size()), out);
        if (wrong.empty()) return {};
        return wrong + " (in user and password, percent-encode '/', '?', '#', ':', '@' and '%')";
    }
    return "must begin with redis://, rediss:// or unix://";
}

}  // namespace respgres::conf
