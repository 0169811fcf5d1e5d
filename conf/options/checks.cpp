#include "conf/options/checks.hpp"

#include "conf/values/postgres_url.hpp"
#include "conf/values/redis_url.hpp"
#include "conf/values/text_file.hpp"

#include <algorithm>

namespace respgres::conf {

namespace {

// The place of `key`, or of the section if it is not there.
mark place_of(const node& table, std::string_view key) {
    const auto* value = table.find(key);
    return value != nullptr ? value->where : table.where;
}

// An address that could not be read is empty, and has its problem already.
bool is_set(const endpoint& address) {
    return !address.host.empty() || address.is_unix();
}

bool collide(const endpoint& left, const endpoint& right) {
    return left.host == right.host && left.port == right.port && left.path == right.path && (left.is_unix() || left.port != 0);
}

void check_at_least(notes& found, const node& table, std::string_view name, std::size_t value, std::string_view least_name,
                    std::size_t least) {
    if (value >= least) return;
    const auto* said = table.find(name) != nullptr ? table.find(name) : table.find(least_name);
    found.add(said != nullptr ? said->where : table.where, std::string{name} + " must be at least " + std::string{least_name});
}

// Whether who comes to this address from another host must prove who it is.
bool asks_who_comes(const endpoint& address, const tls_settings& tls) {
    return address.tls && !tls.client_ca.value.empty();
}

// A certificate is of use only with its key.
void check_pair(notes& found, std::string_view certificate_name, const located<std::string>& certificate, std::string_view key_name,
                const located<std::string>& key) {
    if (certificate.value.empty() == key.value.empty()) return;
    const auto& there = key.value.empty() ? certificate : key;
    found.add(there.where, std::string{key.value.empty() ? certificate_name : key_name} + ": needs " +
                               std::string{key.value.empty() ? key_name : certificate_name} + " too");
}

// The password of a backend: in the url, which only some may read then, or in a file, not in both.
void read_password(notes& found, const node& table, const located<std::string>& file, bool url_has_password, std::string& password) {
    if (url_has_password && !found.is_private())
        found.add(place_of(table, "url"),
                  "url: it holds a password, and every user of this machine can read the file; chmod 600 or 640 it, or set password_file");
    if (file.value.empty()) return;
    if (url_has_password) return found.add(file.where, "password_file: the url has a password too; keep one of them");
    if (auto wrong = read_secret_file(beside(found.file(), file.value), password); !wrong.empty())
        found.add(file.where, "password_file: " + wrong);
}

// Mappings and rules.
void check_name(notes& found, std::string_view section, const std::string& name, const position& where) {
    constexpr std::size_t longest_name = 64;
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (name.empty() || name.size() > longest_name || name.find_first_not_of(letters) != std::string::npos)
        found.add(where, "[" + std::string{section} + "." + printable(name, longest_name) + "]: a name has 1 to " +
                             std::to_string(longest_name) + " letters of a-z, 0-9 and _");
}

}  // namespace

std::string beside(const std::string& configuration, const std::string& file) {
    if (file.empty() || file.starts_with('/')) return file;
    return configuration.substr(0, configuration.rfind('/') + 1) + file;   // npos + 1 = 0
}

bool requires_password(const auth_settings& auth, const std::vector<user_settings>& users) {
    if (auth.mode.value == auth_mode::none) return false;
    return std::none_of(users.begin(), users.end(), [](const auto& each) { return each.name == "default" && each.nopass && each.enabled; });
}

void check_auth(notes& found, const node& table, const auth_settings& auth) {
    const bool has_file = !auth.users_file.value.empty();
    if (auth.mode.value == auth_mode::users && !has_file)
        found.add(place_of(table, "mode"), "mode: \"users\" needs users_file, the file that names them");
    if (auth.mode.value != auth_mode::users && has_file)
        found.add(auth.users_file.where, "users_file: it is read only with mode = \"users\"; set that, or leave it out");
}

void check_server(notes& found, const node& table, server_settings& server, const tls_settings& tls, bool requires_password) {
    auto& listen = server.listen;
    listen.erase(std::remove_if(listen.begin(), listen.end(), [](const auto& each) { return !is_set(each.value); }), listen.end());
    for (auto each = listen.begin(); each != listen.end(); ++each) {
        const auto address = to_string(each->value);
        if (std::any_of(listen.begin(), each, [&](const auto& earlier) { return collide(earlier.value, each->value); }))
            found.add(each->where, "listen: " + address + " is given twice");
        if (server.protected_mode && !each->value.is_loopback() && !requires_password && !asks_who_comes(each->value, tls))
            found.add(each->where, "listen: " + address + " can be reached from other hosts, and clients need no " +
                                       (each->value.tls ? "certificate and no password" : "password") +
                                       ", so protected_mode refuses it; listen on 127.0.0.1, [::1] or unix:/path, set a mode in [auth], " +
                                       (each->value.tls ? "set client_ca in [tls]" : "use tls: with client_ca in [tls]") +
                                       ", or set protected_mode = false");
    }
    check_at_least(found, table, "max_command", server.max_command, "max_bulk", server.max_bulk);
    check_at_least(found, table, "output_hard_limit", server.output_hard_limit, "output_soft_limit", server.output_soft_limit);
}

void check_tls(notes& found, const node& table, tls_settings& tls, const server_settings& server) {
    for (auto* file : {&tls.certificate, &tls.key, &tls.client_ca}) file->value = beside(found.file(), file->value);
    const auto port = std::find_if(server.listen.begin(), server.listen.end(), [](const auto& each) { return each.value.tls; });
    const bool is_told = table.find("certificate") != nullptr || table.find("key") != nullptr;
    if (is_told)
        check_pair(found, "certificate", tls.certificate, "key", tls.key);
    else if (port != server.listen.end())
        found.add(port->where, "listen: " + to_string(port->value) + " needs certificate and key in [tls]");
    if (port != server.listen.end()) return;
    // Who sets them believes that clients are encrypted.
    for (const std::string_view name : {"certificate", "client_ca"}) {
        if (table.find(name) != nullptr)
            return found.add(place_of(table, name), std::string{name} + ": no port speaks TLS; write tls:host:port in [server] listen");
    }
}

void check_admin(notes& found, admin_settings& admin, const server_settings& server) {
    const auto& listen = admin.listen.value;
    admin.enabled = is_set(listen);
    if (!admin.enabled) return;
    const auto address = to_string(listen);
    const auto taken =
        std::find_if(server.listen.begin(), server.listen.end(), [&](const auto& each) { return collide(each.value, listen); });
    if (taken != server.listen.end()) {
        if (admin.listen.where.line != 0)
            found.add(admin.listen.where, "listen: [server] listens on " + address + " already");
        else
            found.add(taken->where, "listen: [admin] listens on " + address + " unless it is told another address");
    }
    if (listen.tls) found.add(admin.listen.where, "listen: the admin port speaks no TLS; use 127.0.0.1, [::1] or unix:/path");
    if (server.protected_mode && !listen.is_loopback())
        found.add(admin.listen.where,
                  "listen: " + address +
                      " can be reached from other hosts, and the admin port needs no password, so "
                      "protected_mode in [server] refuses it; use 127.0.0.1, [::1] or unix:/path, or set protected_mode = false");
}

void check_redis(notes& found, const node& table, redis_settings& redis) {
    if (auto wrong = read_redis_url(redis.url.value, redis); !wrong.empty()) return found.add(place_of(table, "url"), "url: " + wrong);
    for (auto* file : {&redis.tls_ca, &redis.tls_certificate, &redis.tls_key}) file->value = beside(found.file(), file->value);
    check_pair(found, "tls_certificate", redis.tls_certificate, "tls_key", redis.tls_key);
    for (const std::string_view name : {"tls_ca", "tls_certificate", "tls_key", "tls_server_name"}) {
        if (!redis.address.tls && table.find(name) != nullptr)
            found.add(place_of(table, name), std::string{name} + ": the url is not encrypted; write rediss://, or leave this out");
    }
    const bool url_has_password = !redis.password.empty();
    read_password(found, table, redis.password_file, url_has_password, redis.password);
    if (!redis.user.empty() && redis.password.empty() && redis.password_file.value.empty())
        found.add(place_of(table, "url"), "url: a user without a password; write redis://user:password@host, or set password_file");
}

void check_postgres(notes& found, const node& table, postgres_settings& postgres, bool is_required) {
    bool url_has_password = false;
    if (const auto* url = table.find("url"); url == nullptr) {
        if (is_required) found.add(table.where, "[postgres] needs 'url': the mappings are filled from there");
    } else if (!postgres.url.value.empty()) {
        if (auto wrong = check_postgres_url(postgres.url.value, url_has_password); !wrong.empty()) found.add(url->where, "url: " + wrong);
    }
    read_password(found, table, postgres.password_file, url_has_password, postgres.password);
}

void check_mapping(notes& found, const node& table, const mapping_settings& mapping) {
    check_name(found, "mapping", mapping.name, mapping.where);
    if (mapping.primary.value != primary_source::redis) return;
    constexpr std::string_view reason =
        " makes no sense with primary = \"redis\": Redis holds the truth, and a refresh from PostgreSQL would "
        "overwrite what clients wrote; leave it out";
    if (mapping.stale_while_revalidate.count() != 0)
        found.add(place_of(table, "stale_while_revalidate"), "stale_while_revalidate" + std::string{reason});
    if (mapping.refresh_ahead != 0) found.add(place_of(table, "refresh_ahead"), "refresh_ahead" + std::string{reason});
}

void check_followed(notes& found, const mapping_settings& mapping, const freshness_settings& freshness) {
    if (mapping.coalesce_ms.value == 0) return;
    std::string_view why;
    if (freshness.source.value != freshness_source::replication)
        why = "[freshness] source = \"replication\"";
    else if (!mapping.follow_changes)
        why = "follow_changes = true";
    else if (mapping.primary.value == primary_source::redis)
        why = "primary = \"postgres\"";
    if (why.empty()) return;
    found.add(mapping.coalesce_ms.where,
              "coalesce_ms: it needs " + std::string{why} + ", since only changes that are followed drop keys; leave it out");
}

void check_near_cache(notes& found, const near_cache_settings& near) {
    for (const auto& each : near.keys) {
        const auto star = each.value.find('*');
        if (star != std::string::npos && star + 1 != each.value.size())
            found.add(each.where, "keys: " + quote(each.value) + " must be a whole key, or a beginning with one '*' behind it");
    }
}

void check_rule(notes& found, const node& table, const rule_settings& rule, freshness_source source) {
    check_name(found, "rule", rule.name, rule.where);
    const bool has_command = table.find("on_command") != nullptr;
    const bool has_notify = table.find("on_notify") != nullptr;
    const bool has_payload = table.find("payload") != nullptr;
    const std::string title = "[rule." + printable(rule.name, 64) + "]";
    if (has_command == has_notify) found.add(rule.where, title + " needs either on_command or on_notify");
    if (has_command && has_payload) found.add(place_of(table, "payload"), "payload: only a notification has one; leave it out");
    if (has_notify && source == freshness_source::ttl)
        found.add(place_of(table, "on_notify"), "on_notify: [freshness] source is \"ttl\", so nobody listens; set it to \"notify\"");
    if (table.find("drops") == nullptr && (has_command || has_payload))
        found.add(rule.where, title + " needs 'drops': the keys that it makes untrue");
}

void check_notifications(notes& found, const settings& all) {
    if (all.freshness.source.value != freshness_source::notify) return;
    for (const auto& each : all.rules)
        if (!each.on_notify.value.empty()) return;
    found.add(all.freshness.source.where, "source: \"notify\" needs a [rule.NAME] with on_notify: without one nothing is listened to");
}

}  // namespace respgres::conf
