#include "proxy/values/commands/command.hpp"

namespace respgres::proxy::commands {

namespace {

using field = std::pair<std::string, std::string>;

void write_value(const request& r, const field* found) {
    if (found)
        r.out.bulk(found->second);
    else
        r.out.null();
}

}  // namespace

void hexists(const request& r) {
    if (const auto* hash = typed<hash_value>(r)) r.out.integer(find_one(hash->fields, r.arguments[2]) ? 1 : 0);
}

void hget(const request& r) {
    if (const auto* hash = typed<hash_value>(r)) write_value(r, find_one(hash->fields, r.arguments[2]));
}

void hgetall(const request& r) {
    const auto* hash = typed<hash_value>(r);
    if (!hash) return;
    r.out.map(hash->fields.size());
    for (const field& each : hash->fields) {
        r.out.bulk(each.first);
        r.out.bulk(each.second);
    }
}

void hkeys(const request& r) {
    const auto* hash = typed<hash_value>(r);
    if (!hash) return;
    r.out.array(hash->fields.size());
    for (const field& each : hash->fields) r.out.bulk(each.first);
}

void hlen(const request& r) {
    if (const auto* hash = typed<hash_value>(r)) r.out.integer(static_cast<std::int64_t>(hash->fields.size()));
}

void hmget(const request& r) {
    const auto* hash = typed<hash_value>(r);
    if (!hash) return;
    const auto wanted = r.arguments.subspan(2);
    const finder fields(hash->fields, wanted.size());
    r.out.array(wanted.size());
    for (const std::string_view name : wanted) write_value(r, fields.find(name));
}

void hstrlen(const request& r) {
    const auto* hash = typed<hash_value>(r);
    if (!hash) return;
    const field* found = find_one(hash->fields, r.arguments[2]);
    r.out.integer(found ? static_cast<std::int64_t>(found->second.size()) : 0);
}

void hvals(const request& r) {
    const auto* hash = typed<hash_value>(r);
    if (!hash) return;
    r.out.array(hash->fields.size());
    for (const field& each : hash->fields) r.out.bulk(each.second);
}

}  // namespace respgres::proxy::commands
