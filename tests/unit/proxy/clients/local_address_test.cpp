#include "proxy/clients/local_address.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace respgres::proxy {

TEST_CASE("local_addresses: clients that come in at one address share it", "[proxy]") {
    local_addresses known;
    const auto loopback = known.get("127.0.0.1:6380");
    const auto other = known.get("10.0.0.1:6380");

    CHECK(loopback->text == "127.0.0.1:6380");
    CHECK(other->text == "10.0.0.1:6380");
    CHECK(known.get("127.0.0.1:6380") == loopback);
    CHECK(known.get("10.0.0.1:6380") == other);
}

TEST_CASE("local_addresses: however many there are, few are kept, and those in use stay what they are", "[proxy]") {
    local_addresses known;
    const auto first = known.get("[2001:db8::1]:6380");
    for (int i = 2; i < 1'000; ++i) known.get("[2001:db8::" + std::to_string(i) + "]:6380");

    CHECK(first->text == "[2001:db8::1]:6380");
    CHECK(first->use_count() == 1);
    const auto last = known.get("[2001:db8::999]:6380");
    CHECK(last->use_count() == 2);
    CHECK(known.get("[2001:db8::1]:6380") != first);
}

}  // namespace respgres::proxy
