#include "proxy/values/commands/command.hpp"
#include "proxy/values/commands/zset_range.hpp"

namespace respgres::proxy::commands {

namespace {

using member = std::pair<std::string, double>;

void write_score(const request& r, const member* found) {
    if (found)
        r.out.number(found->second);
    else
        r.out.null();
}

void write_rank(const request& r, bool from_the_top) {
    const auto* zset = typed<zset_value>(r);
    if (!zset) return;
    using members = finder<member>;
    const std::size_t at = members(zset->members, 1).position(r.arguments[2]);
    if (at == members::npos) return r.out.null();
    r.out.integer(static_cast<std::int64_t>(from_the_top ? zset->members.size() - 1 - at : at));
}

}  // namespace

void zcard(const request& r) {
    if (const auto* zset = typed<zset_value>(r)) r.out.integer(static_cast<std::int64_t>(zset->members.size()));
}

void zcount(const request& r) {
    const auto range = parse_score_range(r.arguments[2], r.arguments[3]);
    if (!range) return r.out.error("ERR min or max is not a float");
    if (const auto* zset = typed<zset_value>(r))
        r.out.integer(static_cast<std::int64_t>(first_above_range(*zset, *range) - first_in_range(*zset, *range)));
}

void zmscore(const request& r) {
    const auto* zset = typed<zset_value>(r);
    if (!zset) return;
    const auto wanted = r.arguments.subspan(2);
    const finder members(zset->members, wanted.size());
    r.out.array(wanted.size());
    for (const std::string_view name : wanted) write_score(r, members.find(name));
}

void zrank(const request& r) {
    write_rank(r, false);
}

void zrevrank(const request& r) {
    write_rank(r, true);
}

void zscore(const request& r) {
    if (const auto* zset = typed<zset_value>(r)) write_score(r, find_one(zset->members, r.arguments[2]));
}

}  // namespace respgres::proxy::commands
