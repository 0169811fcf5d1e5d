#include "proxy/fills/store_payload.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace respgres::proxy {

namespace {

// The shortest text that reads back as the same double, as ZADD takes it.
std::string score_text(double score) {
    if (std::isinf(score)) return score > 0 ? "inf" : "-inf";
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), score).ptr;
    return {buffer.data(), end};
}

struct writer {
    std::vector<std::string_view>& out;
    std::vector<std::string>& numbers;

    void operator()(const absent_value&) const { out.emplace_back("absent"); }
    void operator()(const string_value& v) const {
        out.emplace_back("string");
        out.emplace_back(v.bytes);
    }
    void operator()(const hash_value& v) const {
        out.emplace_back("hash");
        for (const auto& [name, text] : v.fields) {
            out.emplace_back(name);
            out.emplace_back(text);
        }
    }
    void operator()(const list_value& v) const {
        out.emplace_back("list");
        out.insert(out.end(), v.elements.begin(), v.elements.end());
    }
    void operator()(const set_value& v) const {
        out.emplace_back("set");
        out.insert(out.end(), v.members.begin(), v.members.end());
    }
    void operator()(const zset_value& v) const {
        out.emplace_back("zset");
        numbers.reserve(v.members.size());   // the views into it must stay
        for (const auto& [member, score] : v.members) {
            numbers.push_back(score_text(score));
            out.emplace_back(numbers.back());
            out.emplace_back(member);
        }
    }
};

}  // namespace

std::vector<std::string_view> store_payload(const value& v, std::vector<std::string>& numbers) {
    std::vector<std::string_view> out;
    numbers.clear();
    std::visit(writer{out, numbers}, v);
    return out;
}

}  // namespace respgres::proxy
