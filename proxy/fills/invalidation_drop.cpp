#include "proxy/fills/invalidation_drop.hpp"

#include "protocol/resp/reply_writer.hpp"
#include "proxy/fills/key_drop.hpp"
#include "proxy/fills/key_registry.hpp"
#include "proxy/fills/side_keys.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

// Of one command; Redis serves others in between.
constexpr std::size_t keys_at_once = 500;
// On their way, so that a transaction of very many rows takes no memory to match.
constexpr std::size_t bytes_at_once = 1 << 20;

failure failed(errc code, std::string words) {
    return {make_error_code(code), std::move(words), {}};
}

// The glob of a pattern's keys, as far as its beginning goes.
std::string glob_of(const key_pattern& pattern) {
    std::string glob;
    for (const char c : pattern.prefix()) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) glob += '\\';
        glob += c;
    }
    return glob + '*';
}

class dropper {
public:
    dropper(redis::sender& over, const mapping_table& mappings, whole_drop how)
        : over_(over), redis_(over), mappings_(mappings), how_(how) {}

    asio::awaitable<outcome<void>> run(const invalidation& what) {
        auto done = co_await drop_keys(what.keys);
        for (std::size_t i = 0; i < what.wide.size() && done.has_value(); ++i) done = co_await drop_all_of(*mappings_.all()[what.wide[i]]);
        co_return done;
    }

private:
    // Sends commands whose replies are integers.
    asio::awaitable<outcome<void>> send(std::string commands, std::size_t replies) {
        auto done = co_await redis::exchange(over_, std::move(commands), replies);
        if (done.has_error()) co_return done.error();
        for (const std::string& reply : done.value())
            if (!reply.starts_with(':')) co_return failed(errc::server_error, reply.substr(0, reply.find('\r')));
        co_return outcome<void>{};
    }

    // `rest` must outlive it.
    asio::awaitable<outcome<void>> drop_keys(std::span<const std::string> rest) {
        std::string commands;
        std::size_t replies = 0;
        while (!rest.empty()) {
            const auto some = rest.first(std::min(keys_at_once, rest.size()));
            rest = rest.subspan(some.size());
            replies += append_drop(commands, some);
            if (commands.size() < bytes_at_once && !rest.empty()) continue;
            auto done = co_await send(std::move(commands), replies);
            if (done.has_error()) co_return done;
            commands.clear();
            replies = 0;
        }
        co_return outcome<void>{};
    }

    asio::awaitable<outcome<void>> drop_all_of(const mapping& source) {
        if (source.pattern.all_captures().empty()) {
            std::vector<std::string> only{std::string(source.pattern.prefix())};
            co_return co_await drop_keys(only);
        }
        if (has_trusted_registry(source)) {
            const auto whole = co_await keeps_all_registries();
            if (whole.has_error()) co_return whole.error();
            if (*whole) co_return co_await drop_registered(source);
        }
        const name_filter is_its = [this, &source](const std::string& key) {
            captures found;
            return mappings_.find(key, found) == &source;
        };
        auto dropped = co_await drop_scanned(redis_, glob_of(source.pattern), is_its, is_its);
        if (dropped.has_error()) co_return dropped.error();
        co_return outcome<void>{};
    }

    bool has_trusted_registry(const mapping& source) const {
        if (how_ == whole_drop::by_scan) return false;
        return how_ == whole_drop::by_registry ? source.keeps_registry : source.is_wide;
    }

    // Whether Redis, short of memory, leaves alone what has no TTL. If it does not say, it might not.
    asio::awaitable<outcome<bool>> keeps_all_registries() {
        const redis::arguments ask{"INFO", "memory"};
        auto told = co_await redis_.call(ask);
        if (told.has_error()) co_return told.error();
        const std::string_view text = redis::text_of(*told.value());
        const auto at = text.find("maxmemory_policy:");
        co_return at != std::string_view::npos&& text.find("maxmemory_policy:allkeys", at) != at;
    }

    // A key that is added while this scans was given its lease after the change became visible, so its fill sees that.
    asio::awaitable<outcome<void>> drop_registered(const mapping& source) {
        const std::string registry = registry_name(source.settings.name);
        std::string cursor = "0";
        do {
            auto step = co_await scan_registry(redis_, registry, cursor, "500");
            if (step.has_error()) co_return step.error();
            cursor = step->cursor;
            if (step->found.empty()) continue;
            const auto dropped = co_await drop_keys(step->found);
            if (dropped.has_error()) co_return dropped.error();
            const auto pruned = co_await prune_registry(redis_, registry, step->found);
            if (pruned.has_error()) co_return pruned.error();
        } while (cursor != "0");
        co_return outcome<void>{};
    }

    redis::sender& over_;
    redis::client redis_;
    const mapping_table& mappings_;
    whole_drop how_;
};

}  // namespace

asio::awaitable<outcome<void>> drop_invalidated(redis::sender& over, const mapping_table& mappings, const invalidation& what,
                                                whole_drop how) {
    dropper work(over, mappings, how);
    co_return co_await work.run(what);
}

}  // namespace respgres::proxy
