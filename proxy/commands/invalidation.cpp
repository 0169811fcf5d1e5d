#include "proxy/commands/invalidation.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/side_keys.hpp"
#include "proxy/plants.hpp"

#include <array>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;

bool has_wildcards(std::string_view glob) {
    return glob.find_first_of("*?[\\") != std::string_view::npos;
}

}  // namespace

void append_drop_side_keys(std::string& out, std::string_view key) {
    const std::string lease = lease_name(key);
    const std::string tombstone = tombstone_name(key);
    const std::array<std::string_view, 3> words{"DEL", planted(plant::token_kept) ? tombstone : lease, tombstone};
    protocol::append_command(out, words);
}

asio::awaitable<outcome<std::size_t>> invalidate_matching(worker_services& services, std::string glob) {
    auto& stats = services.stats.mappings;
    const name_filter counted = [&services, &stats](const std::string& key) {
        captures found;
        const mapping* source = services.mappings.find(key, found);
        if (source != nullptr) stats[source->index].invalidations.add();
        return source != nullptr;
    };
    if (has_wildcards(glob)) {
        const name_filter is_mapped = [&services](const std::string& key) {
            captures found;
            return services.mappings.find(key, found) != nullptr;
        };
        auto dropped = co_await drop_scanned(services.redis, std::move(glob), is_mapped, counted);
        co_return dropped;
    }
    if (!counted(glob)) co_return std::size_t{0};
    std::vector<std::string> side{lease_name(glob), tombstone_name(glob)};
    std::vector<std::string> itself{glob};
    if (planted(plant::token_kept)) side.erase(side.begin());
    if (planted(plant::value_before_token)) side.swap(itself);
    auto first = co_await unlink(services.redis, side);
    if (first.has_error()) co_return first.error();
    co_return co_await unlink(services.redis, itself);
}

}  // namespace respgres::proxy
