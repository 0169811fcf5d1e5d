#include "proxy/values/commands/command.hpp"

namespace respgres::proxy::commands {

namespace {

// GETRANGE's own idea of a range: an end before the beginning is the first byte, unless both ends count from the end and are crossed.
std::string_view bytes_between(std::string_view text, std::int64_t start, std::int64_t end) {
    const auto length = static_cast<std::int64_t>(text.size());
    if (start < 0 && end < 0 && start > end) return {};
    start = std::max<std::int64_t>(start < 0 ? start + length : start, 0);
    end = std::min(std::max<std::int64_t>(end < 0 ? end + length : end, 0), length - 1);
    if (start > end) return {};
    return text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

}  // namespace

void get(const request& r) {
    if (is_absent(r.held)) return r.out.null();
    if (const auto* held = typed<string_value>(r)) r.out.bulk(held->bytes);
}

void getrange(const request& r) {
    const auto start = integer_argument(r, 2);
    const auto end = start ? integer_argument(r, 3) : std::nullopt;
    const auto* held = end ? typed<string_value>(r) : nullptr;
    if (held) r.out.bulk(bytes_between(held->bytes, *start, *end));
}

void mget_one(const request& r) {
    r.out.array(1);
    if (const auto* held = std::get_if<string_value>(&r.held))
        r.out.bulk(held->bytes);
    else
        r.out.null();   // also for another type: MGET never answers WRONGTYPE
}

void strlen(const request& r) {
    if (const auto* held = typed<string_value>(r)) r.out.integer(static_cast<std::int64_t>(held->bytes.size()));
}

}  // namespace respgres::proxy::commands
