#include "tests/consistency/tap.hpp"

#include <charconv>
#include <thread>
#include <utility>
#include <vector>

namespace respgres::tests::consistency {

namespace {

using std::chrono::steady_clock;

// The number behind `name` in a line of test_decoding, such as "table public.items: UPDATE: id[integer]:5 version[bigint]:12 ...". The last, for
// an UPDATE may have the old identity before it. 0: there is none.
std::uint64_t number_in(std::string_view line, std::string_view name) {
    std::uint64_t number = 0;
    const auto at = line.rfind(name);
    if (at != line.npos) std::from_chars(line.data() + at + name.size(), line.data() + line.size(), number);
    return number;
}

}  // namespace

tap::tap(workload& shared, mailbox& box)
    : shared_(shared), box_(box), postgres_(shared.where.postgres), front_(shared.where.proxies.front()) {
    postgres_.run(std::string("SELECT pg_create_logical_replication_slot('") + slot + "', 'test_decoding')");
}

void tap::run() {
    while (shared_.following || once() > 0) {
        once();
        std::this_thread::sleep_for(std::chrono::microseconds(200));  // a poll, for there is nothing to wait on
    }
    box_.nothing_more();
}

std::size_t tap::once() {
    box_.open_since(steady_clock::now());
    const auto lines =
        postgres_.run(std::string("SELECT data FROM pg_logical_slot_get_changes('") + slot + "', NULL, NULL, 'include-xids', '0')");
    if (!lines) return 1;  // PostgreSQL is away; what it has is not known
    std::vector<std::pair<unsigned, version>> changed;
    std::string commands;
    for (const auto& line : *lines) {
        if (!line[0].starts_with("table public.items")) continue;
        const auto item = static_cast<unsigned>(number_in(line[0], " id[integer]:"));
        changed.emplace_back(item, number_in(line[0], " version[bigint]:"));
        auto keys = shared_.items.keys_of(item);
        keys.insert(keys.begin(), "DEL");
        commands += resp_client::encode(keys);
    }
    while (!changed.empty()) {
        bool refused = false;
        const bool answered =
            front_.exchange(commands, changed.size(), [&refused](const std::string& reply) { refused |= reply[0] == '-'; });
        if (answered && !refused) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // Redis or the proxy is away
    }
    const moment now = steady_clock::now();
    for (const auto& [item, number] : changed)
        if (number != 0) box_.post(shared_.items.invalidations(item, number, now));  // of a deletion the version is not known
    return lines->size();
}

}  // namespace respgres::tests::consistency
