#include "proxy/sessions/traffic.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

TEST_CASE("traffic: is over when nothing of a client is under way", "[proxy]") {
    traffic client;
    CHECK(client.is_over());
    client.input = "*1";
    CHECK_FALSE(client.is_over());
    client.input.clear();
    client.output = "+OK\r\n";
    CHECK_FALSE(client.is_over());
    client.output.clear();
    client.pushed = ">0\r\n";
    CHECK_FALSE(client.is_over());
    client.pushed.clear();
    std::string out;
    const auto slot = client.replies.open();
    CHECK_FALSE(client.is_over());
    client.replies.finish(slot, out);
    CHECK(client.is_over());
    REQUIRE(client.parser.next("*1\r\n$4") == protocol::request_parser::status::incomplete);
    CHECK_FALSE(client.is_over());
}

TEST_CASE("traffic: a client whose bytes were wrong leaves nothing to the next", "[proxy]") {
    traffic client;
    REQUIRE(client.parser.next("*x\r\n") == protocol::request_parser::status::error);
    CHECK_FALSE(client.is_over());
}

TEST_CASE("traffic_pool: lends what came back, but keeps no more than some small ones", "[proxy]") {
    traffic_pool pool(protocol::request_limits{});
    auto first = pool.take();
    first->output.reserve(1'000);
    traffic* const same = first.get();
    pool.give_back(std::move(first));
    auto again = pool.take();
    CHECK(again.get() == same);

    again->output.reserve(100'000);
    pool.give_back(std::move(again));
    CHECK(pool.take()->output.capacity() < 100'000);

    std::vector<std::unique_ptr<traffic>> many;
    for (int i = 0; i < 2'000; ++i) many.push_back(pool.take());
    for (auto& each : many) each->input.reserve(500);
    for (auto& each : many) pool.give_back(std::move(each));
    std::size_t kept = 0;
    for (auto& each : many) each = pool.take();
    for (const auto& each : many) kept += each->input.capacity() >= 500 ? 1 : 0;
    CHECK(kept == 1024);
    CHECK(pool.nothing().is_over());
}

TEST_CASE("traffic_pool: the parsers that it lends have its limits", "[proxy]") {
    protocol::request_limits limits;
    limits.max_bulk = 4;
    traffic_pool pool(limits);
    CHECK(pool.take()->parser.next("*1\r\n$5\r\n") == protocol::request_parser::status::error);
    CHECK(pool.take()->parser.next("*1\r\n$4\r\n") == protocol::request_parser::status::incomplete);
}

}  // namespace respgres::proxy
