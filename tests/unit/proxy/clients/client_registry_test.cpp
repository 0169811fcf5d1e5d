#include "proxy/clients/client_registry.hpp"
#include "tests/unit/proxy/clients/no_owner.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace respgres::proxy {

TEST_CASE("client_registry: admits up to its limit, counts who was refused, and has room again when one leaves", "[proxy]") {
    client_registry clients(2);

    const auto a = clients.admit({});
    const auto b = clients.admit({});
    REQUIRE((a && b));
    CHECK(clients.admit({}) == nullptr);

    CHECK(clients.size() == 2);
    CHECK(clients.accepted() == 2);
    CHECK(clients.rejected() == 1);
    clients.remove(a->id);
    const auto c = clients.admit({});
    REQUIRE(c);
    CHECK(clients.size() == 2);
    CHECK(clients.accepted() == 3);
}

TEST_CASE("client_registry: ids begin at 1, grow, and are not given twice", "[proxy]") {
    client_registry clients(10);
    const auto a = clients.admit({});
    clients.remove(a->id);
    const auto b = clients.admit({});
    CHECK(a->id == 1);
    CHECK(b->id == 2);
}

TEST_CASE("client_registry: finds who is there, lists them by id, and nobody else", "[proxy]") {
    client_registry clients(10);
    const auto a = clients.admit({});
    const auto b = clients.admit({});

    CHECK(clients.find(a->id) == a);
    CHECK(clients.find(99) == nullptr);
    CHECK(clients.all() == std::vector{a, b});
    clients.remove(a->id);
    clients.remove(a->id);
    clients.remove(99);
    CHECK(clients.find(a->id) == nullptr);
    CHECK(clients.all() == std::vector{b});
    CHECK(clients.size() == 1);
}

TEST_CASE("client_registry: a limit of 0 admits nobody", "[proxy]") {
    client_registry clients(0);
    CHECK(clients.admit({}) == nullptr);
    CHECK(clients.rejected() == 1);
}

TEST_CASE("client_registry: workers admit and remove while others list: the limit holds, no id is given twice", "[proxy]") {
    constexpr std::uint32_t limit = 50;
    constexpr int rounds = 300;
    client_registry clients(limit);
    std::atomic<bool> done{false};
    std::atomic<bool> over{false};
    std::vector<std::vector<std::uint64_t>> ids(4);
    tests::no_owner owner;
    std::vector<std::thread> workers;
    for (auto& mine : ids) {
        workers.emplace_back([&clients, &mine, &owner] {
            std::vector<client_record_ptr> kept;
            for (int i = 0; i < rounds; ++i) {
                if (auto record = clients.admit({})) {
                    record->accept(owner);
                    record->set_name("n" + std::to_string(record->id));
                    record->set_library("lib");
                    record->set_library_version("1.0");
                    record->last_command = protocol::all_commands().data();
                    mine.push_back(record->id);
                    kept.push_back(std::move(record));
                }
                if (kept.size() > 20) {
                    clients.remove(kept.front()->id);
                    kept.erase(kept.begin());
                }
            }
            for (const auto& record : kept) clients.remove(record->id);
        });
    }
    std::thread lister([&] {
        while (!done) {
            const auto all = clients.all();
            if (all.size() > limit || clients.size() > limit) over = true;
            for (const auto& record : all) {
                const std::string name = record->details().name;
                if (!name.empty() && name != "n" + std::to_string(record->id)) over = true;
            }
        }
    });
    for (auto& worker : workers) worker.join();
    done = true;
    lister.join();

    CHECK_FALSE(over);
    CHECK(clients.size() == 0);
    CHECK(clients.all().empty());
    std::set<std::uint64_t> distinct;
    std::size_t given = 0;
    for (const auto& mine : ids) {
        distinct.insert(mine.begin(), mine.end());
        given += mine.size();
    }
    CHECK(distinct.size() == given);
    CHECK(clients.accepted() == given);
    CHECK(clients.accepted() + clients.rejected() == 4u * rounds);
}

}  // namespace respgres::proxy
