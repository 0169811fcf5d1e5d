#include "proxy/values/commands/command.hpp"

namespace respgres::proxy::commands {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t no_such_key = -2;   // what TTL and its like answer

std::int64_t to_seconds(milliseconds time) {
    return (time.count() + 500) / 1000;
}   // Redis rounds to the nearest

milliseconds remaining(const request& r) {
    return std::max(r.remaining, milliseconds(0));
}

milliseconds expiry(const request& r) {
    return std::chrono::duration_cast<milliseconds>(r.now.time_since_epoch()) + r.remaining;
}

}  // namespace

void exists_one(const request& r) {
    r.out.integer(is_absent(r.held) ? 0 : 1);
}

void expiretime(const request& r) {
    r.out.integer(is_absent(r.held) ? no_such_key : to_seconds(expiry(r)));
}

void pexpiretime(const request& r) {
    r.out.integer(is_absent(r.held) ? no_such_key : expiry(r).count());
}

void pttl(const request& r) {
    r.out.integer(is_absent(r.held) ? no_such_key : remaining(r).count());
}

void ttl(const request& r) {
    r.out.integer(is_absent(r.held) ? no_such_key : to_seconds(remaining(r)));
}

void type(const request& r) {
    r.out.simple(type_name(r.held));
}

}  // namespace respgres::proxy::commands
