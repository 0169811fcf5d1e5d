// The store of the near cache: what it holds, what it costs, and which replies stay.
#include "proxy/near/near_store.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <list>
#include <map>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>

using namespace respgres::proxy;
using namespace std::chrono_literals;

namespace {

using time_point = near_store::time_point;

constexpr time_point start{1h};

std::string name(int number) {
    return "key:" + std::to_string(number);
}

// Least recently used goes first; bounded by the number of entries.
class lru {
public:
    explicit lru(std::size_t most) : most_(most) {}

    bool find(const std::string& key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return false;
        order_.splice(order_.begin(), order_, found->second);
        return true;
    }

    void put(const std::string& key) {
        order_.push_front(key);
        places_[key] = order_.begin();
        if (order_.size() <= most_) return;
        places_.erase(order_.back());
        order_.pop_back();
    }

private:
    std::size_t most_;
    std::list<std::string> order_;
    std::unordered_map<std::string, std::list<std::string>::iterator> places_;
};

// Reads of popular keys, few of them very often; every fourth read is of a scan that never comes back.
class popular_and_scan {
public:
    std::string next() {
        if (++count_ % 4 == 0) return "scan:" + std::to_string(count_);
        const double unit = std::uniform_real_distribution<double>(0, 1)(generator_);
        return name(static_cast<int>(10'000 * std::pow(unit, 4)));
    }

private:
    std::minstd_rand generator_{7};
    int count_ = 0;
};

}  // namespace

TEST_CASE("near_store: gives back what was put, until it is dropped or its time is over", "[near]") {
    near_store store(1 << 20, 1);
    CHECK(store.find("a", start).reply.empty());
    store.put("a", "$1\r\nx\r\n", start + 10ms);
    store.put("", "$1\r\ny\r\n", start + 10ms);

    CHECK(store.find("a", start).reply == "$1\r\nx\r\n");
    CHECK(store.find("", start).reply == "$1\r\ny\r\n");
    CHECK(store.size() == 2);
    store.put("a", "$2\r\nxx\r\n", start + 20ms);
    CHECK(store.size() == 2);
    CHECK(store.find("a", start + 20ms - 1ns).reply == "$2\r\nxx\r\n");
    CHECK(store.find("a", start + 20ms).reply.empty());
    CHECK(store.size() == 1);
    CHECK(store.drop(""));
    CHECK_FALSE(store.drop(""));
    CHECK(store.find("", start).reply.empty());
    CHECK(store.size() == 0);
}

TEST_CASE("near_store: never holds anything but the newest reply of a key, within its memory, whatever is done", "[near]") {
    const auto seed = GENERATE(1u, 2u, 3u, 4u);
    std::minstd_rand generator(seed);
    const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(generator); };
    constexpr std::size_t most_bytes = 64 * 1024;
    near_store store(most_bytes, seed);
    std::map<std::string, std::pair<std::string, time_point>> model;   // all that may be there
    time_point now = start;
    std::size_t hits = 0;
    for (int step = 0; step < 50'000; ++step) {
        now += 1ms * pick(2);
        const std::string key = name(pick(600));
        const int what = pick(99);
        if (what < 40) {
            const std::string reply(static_cast<std::size_t>(pick(300) + 1), static_cast<char>('a' + pick(25)));
            const time_point expires = now + 1ms * pick(2'000);
            store.put(key, reply, expires);
            model[key] = {reply, expires};
        } else if (what < 50) {
            store.drop(key);
            model.erase(key);
        } else if (what == 50 && pick(20) == 0) {
            store.clear();
            model.clear();
        } else {
            const bool may_be = store.may_hold(store.hash_of(key));
            const std::string_view found = store.find(key, now).reply;
            REQUIRE((may_be || found.empty()));
            const auto known = model.find(key);
            if (found.empty()) continue;
            ++hits;
            REQUIRE(known != model.end());
            REQUIRE(found == known->second.first);
            REQUIRE(now < known->second.second);
        }
        REQUIRE(store.bytes() <= most_bytes);
        REQUIRE(store.size() <= model.size());
    }
    CHECK(hits > 1'000);
    CHECK(store.evictions() > 1'000);
}

TEST_CASE("near_store: holds everything while there is room", "[near]") {
    near_store store(8 << 20, 5);
    for (int i = 0; i < 20'000; ++i) store.put(name(i), "reply " + std::to_string(i), start + 1h);
    for (int i = 0; i < 20'000; i += 3) CHECK(store.drop(name(i)));
    std::size_t wrong = 0;
    for (int i = 0; i < 20'000; ++i) wrong += store.find(name(i), start).reply != (i % 3 == 0 ? "" : "reply " + std::to_string(i));
    CHECK(wrong == 0);
    CHECK(store.evictions() == 0);
}

TEST_CASE("near_store: a reply larger than a sixteenth of the memory is not taken, and the earlier one is gone", "[near]") {
    near_store store(64 * 1024, 1);
    store.put("big", "small", start + 1h);
    store.put("big", std::string(4 * 1024, 'x'), start + 1h);
    CHECK(store.find("big", start).reply.empty());
    store.put("big", std::string(3 * 1024, 'x'), start + 1h);
    CHECK(store.find("big", start).reply.size() == 3 * 1024);

    near_store none(100, 1);   // less than the empty table
    none.put("a", "b", start + 1h);
    CHECK(none.find("a", start).reply.empty());
}

TEST_CASE("near_store: a scan does not drive out what is read often, as it does with least recently used", "[near]") {
    constexpr std::size_t entries = 1'000;
    const std::string reply(100, 'r');
    const std::size_t table = near_store(1 << 20, 1).bytes() * 32;   // of 2 048 slots
    near_store store(table + entries * near_entry::bytes_for(8, reply.size()), 1);
    lru other(entries);
    popular_and_scan reads;
    std::size_t hits = 0;
    std::size_t other_hits = 0;
    constexpr int warm_up = 50'000;
    for (int i = 0; i < 300'000; ++i) {
        const std::string key = reads.next();
        const bool hit = !store.find(key, start).reply.empty();
        if (!hit) store.put(key, reply, start + 1h);
        const bool other_hit = other.find(key);
        if (!other_hit) other.put(key);
        hits += hit && i > warm_up;
        other_hits += other_hit && i > warm_up;
    }
    INFO("hits: " << hits << ", least recently used: " << other_hits);
    CHECK(static_cast<double>(hits) > 1.1 * static_cast<double>(other_hits));
}

TEST_CASE("near_store: what comes back soon after it left stays", "[near]") {
    const std::string reply(400, 'r');
    int stayed = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        near_store store(64 * 1024, seed);   // room for some 130 of these
        int next = 0;
        const auto scan = [&](int keys) {
            for (int i = 0; i < keys; ++i) store.put("scan:" + std::to_string(next++), reply, start + 1h);
        };
        store.put("again", reply, start + 1h);
        scan(150);
        REQUIRE(store.find("again", start).reply.empty());

        store.put("again", reply, start + 1h);
        store.put("new", reply, start + 1h);
        scan(300);
        stayed += store.find("again", start).reply.empty() ? 0 : 1;
        CHECK(store.find("new", start).reply.empty());
    }
    // It is remembered unless another key took its place among those that left: some 137 of 256 places were taken meanwhile.
    CHECK(stayed >= 6);
}
