#include "proxy/clients/client_table.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace respgres::proxy {

namespace {

using table = client_table<std::unique_ptr<std::uint64_t>>;

std::unique_ptr<std::uint64_t> boxed(std::uint64_t value) {
    return std::make_unique<std::uint64_t>(value);
}

std::vector<std::uint64_t> contents(const table& clients) {
    std::vector<std::uint64_t> found;
    clients.for_each([&found](std::uint64_t each) { found.push_back(each); });
    return found;
}

}  // namespace

TEST_CASE("client_table: finds what is there, and gives back what it removes", "[proxy]") {
    table clients;
    CHECK(clients.find(1) == nullptr);
    CHECK(clients.remove(1) == nullptr);
    clients.add(1, boxed(1));
    clients.add(7, boxed(7));

    REQUIRE(clients.find(7) != nullptr);
    CHECK(*clients.find(7) == 7);
    CHECK(clients.find(2) == nullptr);
    CHECK(clients.find(8) == nullptr);
    CHECK(clients.size() == 2);

    const auto removed = clients.remove(1);
    REQUIRE(removed);
    CHECK(*removed == 1);
    CHECK(clients.remove(1) == nullptr);
    CHECK(clients.find(1) == nullptr);
    CHECK(contents(clients) == std::vector<std::uint64_t>{7});
    clients.remove(7);
    CHECK(clients.empty());
}

TEST_CASE("client_table: one whose TLS handshake took longer than those of later clients has its place between them", "[proxy]") {
    table clients;
    for (const std::uint64_t id : {5u, 9u, 7u, 1u, 8u}) clients.add(id, boxed(id));

    CHECK(contents(clients) == std::vector<std::uint64_t>{1, 5, 7, 8, 9});
    for (const std::uint64_t id : {1u, 5u, 7u, 8u, 9u}) CHECK(*clients.find(id) == id);
}

TEST_CASE("client_table: holds what a map would hold, whoever comes and goes", "[proxy]") {
    table clients;
    std::map<std::uint64_t, std::uint64_t> expected;
    std::mt19937 random(7);
    std::uint64_t next = 1;
    for (int step = 0; step < 20'000; ++step) {
        const bool grows = step / 2'000 % 2 == 0;
        if (random() % 10 < (grows ? 8 : 3)) {
            clients.add(next, boxed(next));
            expected.emplace(next, next);
            ++next;
        } else {
            const std::uint64_t id = random() % next;
            CHECK((clients.remove(id) != nullptr) == (expected.erase(id) == 1));
        }
        REQUIRE(clients.size() == expected.size());
        if (step % 500 != 0) continue;
        std::vector<std::uint64_t> all;
        for (const auto& [id, value] : expected) all.push_back(value);
        CHECK(contents(clients) == all);
    }
    for (std::uint64_t id = 0; id < next; ++id) REQUIRE((clients.find(id) != nullptr) == expected.contains(id));
}

TEST_CASE("client_table: gives memory back when most clients have gone", "[proxy]") {
    table clients;
    for (std::uint64_t id = 1; id <= 10'000; ++id) clients.add(id, boxed(id));
    const std::size_t most = clients.memory();
    CHECK(most >= 160'000);

    for (std::uint64_t id = 1; id <= 9'900; ++id) clients.remove(id);
    CHECK(clients.memory() < most / 10);
    CHECK(clients.size() == 100);
    CHECK(*clients.find(9'950) == 9'950);
}

}  // namespace respgres::proxy
