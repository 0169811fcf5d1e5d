// libFuzzer: whatever a configuration file holds, reading it ends, and what is wrong is told in printable words at a place that is in the file.
#include "conf/reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace respgres::conf;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const read_outcome read = read_text(text, "fuzz.toml");
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    for (const problem& found : read.found) {
        require(!found.message.empty() && found.where.file == "fuzz.toml" && found.where.line <= lines);
        require(found.where.column <= size + 1);
        for (const char c : to_string(found)) require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
    }
    if (read.found.empty()) {
        require(!read.value.server.listen.empty());
        for (const mapping_settings& mapping : read.value.mappings) require(!mapping.name.empty() && mapping.ttl.value.count() > 0);
    }
    return 0;
}
