#include "proxy/values/commands/command.hpp"

namespace respgres::proxy::commands {

namespace {

// Redis keeps a set of only integers as a sorted array (intset) up to set-max-intset-entries, whose default this is.
constexpr std::size_t max_intset = 512;

// The members' numbers in ascending order if Redis would hold them as an intset; else empty.
std::vector<std::int64_t> as_intset(const set_value& set) {
    std::vector<std::int64_t> numbers;
    if (set.members.size() > max_intset) return numbers;
    numbers.reserve(set.members.size());
    for (const std::string& member : set.members) {
        const auto number = parse_integer(member);
        if (!number) return {};
        numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
}

}  // namespace

void scard(const request& r) {
    if (const auto* set = typed<set_value>(r)) r.out.integer(static_cast<std::int64_t>(set->members.size()));
}

void sismember(const request& r) {
    if (const auto* set = typed<set_value>(r)) r.out.integer(find_one(set->members, r.arguments[2]) ? 1 : 0);
}

void smembers(const request& r) {
    const auto* set = typed<set_value>(r);
    if (!set) return;
    r.out.set(set->members.size());
    const auto numbers = as_intset(*set);
    for (const std::int64_t number : numbers) r.out.bulk(std::to_string(number));
    if (numbers.empty())
        for (const std::string& member : set->members) r.out.bulk(member);
}

void smismember(const request& r) {
    const auto* set = typed<set_value>(r);
    if (!set) return;
    const auto wanted = r.arguments.subspan(2);
    const finder members(set->members, wanted.size());
    r.out.array(wanted.size());
    for (const std::string_view name : wanted) r.out.integer(members.find(name) ? 1 : 0);
}

}  // namespace respgres::proxy::commands
