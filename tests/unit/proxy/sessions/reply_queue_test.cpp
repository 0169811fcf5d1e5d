#include "proxy/sessions/reply_queue.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

namespace respgres::proxy {

TEST_CASE("reply_queue: the first command's bytes leave at once, part by part", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto first = queue.open();
    CHECK_FALSE(queue.has_begun(first));

    queue.append(first, "$3\r\n", out);

    CHECK(out == "$3\r\n");
    CHECK(queue.has_begun(first));
    CHECK(queue.held_bytes() == 0);
    queue.append(first, "abc\r\n", out);
    queue.finish(first, out);
    CHECK(out == "$3\r\nabc\r\n");
    CHECK(queue.empty());
}

TEST_CASE("reply_queue: what is found early waits for the replies before it", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto c = queue.open();

    queue.append(c, "ccc", out);
    queue.finish(c, out);
    queue.append(b, "bb", out);
    CHECK(out.empty());
    CHECK(queue.held_bytes() == 5);
    CHECK(queue.size() == 3);

    queue.append(a, "a", out);
    queue.finish(a, out);
    CHECK(out == "abb");
    CHECK(queue.held_bytes() == 3);
    CHECK(queue.size() == 2);

    queue.append(b, "B", out);
    CHECK(out == "abbB");
    queue.finish(b, out);
    CHECK(out == "abbBccc");
    CHECK(queue.held_bytes() == 0);
    CHECK(queue.empty());
}

TEST_CASE("reply_queue: has_begun says whether bytes of the reply have gone to the output, also those that waited first", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto c = queue.open();

    queue.append(b, "part", out);
    CHECK_FALSE(queue.has_begun(b));

    queue.finish(a, out);
    CHECK(out == "part");
    CHECK(queue.has_begun(b));
    CHECK_FALSE(queue.has_begun(c));
}

TEST_CASE("reply_queue: a slot that is used again has not begun", "[proxy]") {
    reply_queue queue;
    std::string out;
    for (int i = 0; i < 100; ++i) {
        const auto slot = queue.open();
        INFO(i);
        REQUIRE_FALSE(queue.has_begun(slot));
        queue.append(slot, "x", out);
        queue.finish(slot, out);
    }
    CHECK(out == std::string(100, 'x'));
}

TEST_CASE("reply_queue: parts of a broken reply that wait are dropped, and an error takes their place", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    queue.append(b, "$100\r\nhalf of it", out);

    queue.discard(b);
    queue.append(b, "-UNAVAILABLE\r\n", out);
    queue.finish(b, out);

    CHECK(queue.held_bytes() == std::string("-UNAVAILABLE\r\n").size());
    queue.append(a, "+OK\r\n", out);
    queue.finish(a, out);
    CHECK(out == "+OK\r\n-UNAVAILABLE\r\n");
    CHECK(queue.held_bytes() == 0);
}

TEST_CASE("reply_queue: an empty reply is a reply", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto c = queue.open();
    queue.append(c, "c", out);
    queue.finish(c, out);
    queue.finish(b, out);

    queue.finish(a, out);

    CHECK(out == "c");
    CHECK(queue.empty());
}

TEST_CASE("reply_queue: keeps everything in order when it grows while its ring is wrapped around", "[proxy]") {
    // 8 is the first size: move the front to each place of the ring before it grows.
    for (int moved = 0; moved < 16; ++moved) {
        INFO(moved);
        reply_queue queue;
        std::string out;
        for (int i = 0; i < moved; ++i) queue.finish(queue.open(), out);
        std::vector<reply_queue::sequence> slots;
        std::string expected;
        for (int i = 0; i < 100; ++i) {
            slots.push_back(queue.open());
            expected += std::to_string(i) + ";";
            if (i > 0) queue.append(slots.back(), std::to_string(i) + ";", out);
        }
        for (std::size_t i = slots.size(); i-- > 1;) queue.finish(slots[i], out);
        REQUIRE(out.empty());

        queue.append(slots[0], "0;", out);
        queue.finish(slots[0], out);

        REQUIRE(out == expected);
        REQUIRE(queue.empty());
        REQUIRE(queue.held_bytes() == 0);
    }
}

TEST_CASE("reply_queue: whatever the order in which parts come, the output is the commands' replies in order", "[proxy]") {
    struct pending {
        reply_queue::sequence slot;
        int number;
        int parts_left;
    };
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
        reply_queue queue;
        std::string out;
        std::string expected;
        std::vector<pending> open;
        int opened = 0;
        while (opened < 60 || !open.empty()) {
            if (opened < 60 && (open.empty() || below(3) == 0)) {
                const int parts = static_cast<int>(below(4));
                for (int part = parts; part > 0; --part) expected += std::to_string(opened) + "." + std::to_string(part) + " ";
                open.push_back({queue.open(), opened++, parts});
                continue;
            }
            const auto chosen = open.begin() + static_cast<std::ptrdiff_t>(below(open.size()));
            if (chosen->parts_left == 1 && queue.take_due(chosen->slot)) {
                out += std::to_string(chosen->number) + ".1 ";
                open.erase(chosen);
                continue;
            }
            if (chosen->parts_left > 0) {
                queue.append(chosen->slot, std::to_string(chosen->number) + "." + std::to_string(chosen->parts_left--) + " ", out);
                continue;
            }
            queue.finish(chosen->slot, out);
            open.erase(chosen);
        }
        INFO(seed);
        REQUIRE(out == expected);
        REQUIRE(queue.empty());
        REQUIRE(queue.held_bytes() == 0);
    }
}

TEST_CASE("reply_queue: a whole reply is taken at once only when nothing waits behind or before it", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto muted = queue.open_muted();
    const auto d = queue.open();
    CHECK_FALSE(queue.take_due(b));
    CHECK(queue.take_due(a));
    queue.finish(muted, out);
    CHECK_FALSE(queue.take_due(b));   // the muted one would stay
    queue.append(b, "b", out);
    queue.finish(b, out);
    CHECK(queue.size() == 1);
    CHECK(queue.take_due(d));
    CHECK(out == "b");
    CHECK(queue.empty());

    CHECK_FALSE(queue.take_due(queue.open_muted()));
}

TEST_CASE("reply_queue: what is added behind held replies leaves behind the last of them that is there", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open();
    const auto b = queue.open();
    const auto c = queue.open();
    queue.add_behind_held("!");   // nothing is held
    queue.append(b, "bb", out);
    queue.add_behind_held("!");
    queue.append(b, "B", out);
    CHECK(queue.held_bytes() == 4);
    queue.append(a, "a", out);
    queue.finish(a, out);
    CHECK(out == "abbB");
    queue.finish(b, out);
    CHECK(out == "abbB!");
    queue.append(c, "c", out);
    queue.finish(c, out);
    CHECK(out == "abbB!c");
    CHECK(queue.held_bytes() == 0);

    CHECK(queue.open() > c);   // its slot has been another's
    queue.finish(c + 1, out);
    CHECK(out == "abbB!c");
}

TEST_CASE("reply_queue: a muted reply is dropped, in its turn", "[proxy]") {
    reply_queue queue;
    std::string out;
    const auto a = queue.open_muted();
    const auto b = queue.open();
    const auto c = queue.open_muted();
    queue.append(c, "c", out);
    queue.finish(c, out);
    queue.append(b, "b", out);
    queue.finish(b, out);
    queue.append(a, "a", out);
    CHECK(out.empty());
    CHECK_FALSE(queue.has_begun(a));
    queue.finish(a, out);
    CHECK(out == "b");
    CHECK(queue.empty());
    CHECK(queue.held_bytes() == 0);
}

}  // namespace respgres::proxy
