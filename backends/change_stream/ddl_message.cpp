#include "backends/change_stream/ddl_message.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::change_stream {

std::vector<std::uint32_t> tables_of_ddl(std::string_view content) {
    std::vector<std::uint32_t> oids;
    while (!content.empty()) {
        const auto end = std::min(content.find_first_of(" ,"), content.size());
        const std::string_view digits = content.substr(0, end);
        content.remove_prefix(std::min(end + 1, content.size()));
        if (digits.empty()) continue;
        std::uint32_t oid = 0;
        const auto [behind, error] = std::from_chars(digits.data(), digits.data() + digits.size(), oid);
        if (error != std::errc() || behind != digits.data() + digits.size()) return {};
        oids.push_back(oid);
    }
    return oids;
}

}  // namespace respgres::change_stream
