#include "tests/consistency/modes.hpp"

#include <stdexcept>

namespace respgres::tests::consistency {

namespace {

constexpr std::string_view ttl = "[freshness]\nsource = \"ttl\"\n";
constexpr std::string_view replication = "[freshness]\nsource = \"replication\"\npublication = \"respgres\"\nslot = \"respgres\"\n";

}  // namespace

const std::vector<mode>& modes() {
    static const std::vector<mode> all{
        {"cache-aside", "GET, on nil SELECT and SET; writers DEL after COMMIT", false, true, false, false, {}},
        {"lease-only", "proxies fill under a lease; writers DEL through a proxy after COMMIT", true, true, false, false, ttl},
        {"lease-tap", "proxies fill under a lease; the change stream is turned into DELs without a fence", true, false, true, false, ttl},
        {"replication", "proxies follow the change stream", true, false, false, true, replication},
    };
    return all;
}

const mode& mode_named(std::string_view name) {
    std::string known;
    for (const mode& each : modes()) {
        if (each.name == name) return each;
        known.append(" ").append(each.name);
    }
    throw std::runtime_error("no mode '" + std::string(name) + "'; there are:" + known);
}

}  // namespace respgres::tests::consistency
