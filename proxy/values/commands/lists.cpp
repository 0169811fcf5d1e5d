#include "proxy/values/commands/command.hpp"

namespace respgres::proxy::commands {

void lindex(const request& r) {
    if (is_absent(r.held))   // before the index is looked at
        return r.out.null();
    const auto* list = typed<list_value>(r);
    const auto index = list ? integer_argument(r, 2) : std::nullopt;
    if (!index) return;
    const auto size = static_cast<std::int64_t>(list->elements.size());
    const std::int64_t at = *index < 0 ? *index + size : *index;
    if (at >= 0 && at < size)
        r.out.bulk(list->elements[static_cast<std::size_t>(at)]);
    else
        r.out.null();
}

void llen(const request& r) {
    if (const auto* list = typed<list_value>(r)) r.out.integer(static_cast<std::int64_t>(list->elements.size()));
}

void lrange(const request& r) {
    const auto start = integer_argument(r, 2);
    const auto end = start ? integer_argument(r, 3) : std::nullopt;
    const auto* list = end ? typed<list_value>(r) : nullptr;
    if (!list) return;
    const slice wanted = slice_between(*start, *end, list->elements.size());
    r.out.array(wanted.count);
    for (std::size_t i = 0; i < wanted.count; ++i) r.out.bulk(list->elements[wanted.first + i]);
}

}  // namespace respgres::proxy::commands
