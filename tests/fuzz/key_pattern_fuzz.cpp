// Two patterns and a key, one a line: whatever they are, what the patterns say about the key must fit together.
#include "proxy/mappings/key_pattern.hpp"

#include <cstdint>
#include <cstdlib>

using namespace respgres::proxy;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string_view cut_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

// True when the key has the form and the captures are valid.
bool check_match(const key_pattern& p, std::string_view key) {
    captures out;
    if (!p.match(key, out)) return false;
    require(out.values.size() == p.all_captures().size());
    auto bytes = p.literal_bytes();
    for (const auto value : out.values) {
        require(!value.empty() && value.data() >= key.data() && value.data() + value.size() <= key.data() + key.size());
        bytes += value.size();
    }
    require(bytes == key.size());
    require(key.starts_with(p.prefix()));
    require((out.invalid == nullptr) == out.why.empty());
    return out.invalid == nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view key(reinterpret_cast<const char*>(data), size);
    const auto first_text = cut_line(key), second_text = cut_line(key);
    const auto first = key_pattern::parse(first_text), second = key_pattern::parse(second_text);
    if (const auto* wrong = std::get_if<key_pattern::problem>(&first))
        require(wrong->offset <= first_text.size() && !wrong->message.empty());
    const auto* a = std::get_if<key_pattern>(&first);
    const auto* b = std::get_if<key_pattern>(&second);
    if (!a || !b) return 0;
    const bool in_a = check_match(*a, key), in_b = check_match(*b, key);
    const bool meet = a->intersects(*b);
    require(meet == b->intersects(*a));
    if (in_a && in_b) require(meet);
    require(!(a->more_specific_than(*b) && b->more_specific_than(*a)));
    return 0;
}
