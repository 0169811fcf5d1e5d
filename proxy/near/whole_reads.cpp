#include "proxy/near/whole_reads.hpp"

#include <algorithm>
#include <array>

namespace respgres::proxy {

namespace {

struct row {
    conf::shape shape;
    std::string_view name;
    std::array<std::string_view, 2> further;  // words behind the key
};

constexpr row rows[] = {
    {conf::shape::string, "get", {}},           {conf::shape::json, "get", {}},
    {conf::shape::json_row, "get", {}},         {conf::shape::counter, "get", {}},
    {conf::shape::hash, "hgetall", {}},         {conf::shape::set, "smembers", {}},
    {conf::shape::list, "lrange", {"0", "-1"}}, {conf::shape::zset, "zrange", {"0", "-1"}},
};

}  // namespace

bool reads_whole(conf::shape shape, std::string_view name, std::span<const std::string_view> words) {
    const row* const found = std::ranges::find(rows, shape, &row::shape);
    if (found == std::end(rows) || found->name != name) return false;
    constexpr std::size_t key_end = 2;
    const std::size_t further = found->further[0].empty() ? 0 : found->further.size();
    return words.size() == key_end + further && std::equal(words.begin() + key_end, words.end(), found->further.begin());
}

}  // namespace respgres::proxy
