#include "proxy/values/value.hpp"

namespace respgres::proxy {

namespace {

std::size_t payload(const std::string& text) {
    return text.size();
}
std::size_t payload(const std::pair<std::string, std::string>& field) {
    return field.first.size() + field.second.size();
}
std::size_t payload(const std::pair<std::string, double>& member) {
    return member.first.size() + sizeof(double);
}

template <class Items>
std::size_t total(const Items& items) {
    std::size_t sum = 0;
    for (const auto& item : items) sum += payload(item);
    return sum;
}

struct sizer {
    std::size_t operator()(const absent_value&) const { return 0; }
    std::size_t operator()(const string_value& v) const { return v.bytes.size(); }
    std::size_t operator()(const hash_value& v) const { return total(v.fields); }
    std::size_t operator()(const list_value& v) const { return total(v.elements); }
    std::size_t operator()(const set_value& v) const { return total(v.members); }
    std::size_t operator()(const zset_value& v) const { return total(v.members); }
};

}  // namespace

std::string_view type_name(const value& v) {
    // In the order of the variant's alternatives.
    constexpr std::string_view names[] = {"none", "string", "hash", "list", "set", "zset"};
    static_assert(std::size(names) == std::variant_size_v<value>);
    return v.valueless_by_exception() ? names[0] : names[v.index()];
}

std::size_t size_of(const value& v) {
    return std::visit(sizer{}, v);
}

}  // namespace respgres::proxy
