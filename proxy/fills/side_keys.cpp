#include "proxy/fills/side_keys.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace respgres::proxy {

namespace {

constexpr unsigned slots = 16384;

constexpr std::array<unsigned short, 256> make_crc_table() {
    std::array<unsigned short, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000u) != 0 ? (crc << 1) ^ 0x1021u : crc << 1;
        table[byte] = static_cast<unsigned short>(crc & 0xffffu);
    }
    return table;
}

constexpr auto crc_table = make_crc_table();

unsigned slot_of_bytes(std::string_view bytes) {
    unsigned crc = 0;
    for (const char c : bytes) crc = ((crc << 8) & 0xffffu) ^ crc_table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xffu];
    return crc % slots;
}

// The non-empty text between the first '{' and the first '}' behind it; empty when there is none.
std::string_view hash_tag(std::string_view key) {
    const auto open = key.find('{');
    if (open == std::string_view::npos) return {};
    const auto close = key.find('}', open + 1);
    return close == std::string_view::npos ? std::string_view{} : key.substr(open + 1, close - open - 1);
}

// For each slot a decimal number whose CRC falls into it.
const std::vector<std::string>& tags_by_slot() {
    static const std::vector<std::string> tags = [] {
        std::vector<std::string> found(slots);
        unsigned missing = slots;
        for (unsigned long candidate = 0; missing > 0; ++candidate) {
            std::string text = std::to_string(candidate);
            std::string& tag = found[slot_of_bytes(text)];
            if (tag.empty()) {
                tag = std::move(text);
                --missing;
            }
        }
        return found;
    }();
    return tags;
}

std::string side_key(char kind, std::string_view key) {
    std::string name = "respgres:";
    name += kind;
    name += ':';
    const std::string_view tag = hash_tag(key);
    if (tag.empty() && !key.empty() && key.find('}') == std::string_view::npos) return name.append("{").append(key).append("}");
    name += '{';
    name += tag.empty() ? std::string_view(tags_by_slot()[slot_of_bytes(key)]) : tag;
    return name.append("}:").append(key);
}

}  // namespace

std::string lease_name(std::string_view key) {
    return side_key('l', key);
}
std::string tombstone_name(std::string_view key) {
    return side_key('n', key);
}

std::string registry_name(std::string_view mapping) {
    return "respgres:g:" + std::string(mapping);
}

std::optional<std::string_view> key_of_side_key(std::string_view name) {
    constexpr std::size_t prefix = std::string_view("respgres:l:{").size();
    if (name.size() <= prefix || !(name.starts_with("respgres:l:{") || name.starts_with("respgres:n:{"))) return std::nullopt;
    const auto close = name.find('}', prefix);
    if (close == std::string_view::npos) return std::nullopt;
    if (close + 1 == name.size()) return name.substr(prefix, close - prefix);
    if (name[close + 1] != ':') return std::nullopt;
    return name.substr(close + 2);
}

unsigned cluster_slot(std::string_view key) {
    const std::string_view tag = hash_tag(key);
    return slot_of_bytes(tag.empty() ? key : tag);
}

}  // namespace respgres::proxy
