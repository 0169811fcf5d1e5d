#include "proxy/leader/applied_stream.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;
using change_stream::lsn;
using change_stream::snapshot;
using change_stream::timestamp;
using names = std::vector<std::string>;

namespace {

const auto t0 = applied_stream::time_point(1'000s);
const timestamp p0 = timestamp(5'000s);

snapshot seen(std::string_view text) {
    return snapshot::parse(text).value();
}

invalidation dropping(std::string key) {
    invalidation what;
    what.keys.push_back(std::move(key));
    return what;
}

// One fence; the keys that it releases.
names fence(applied_stream& stream, std::string_view snapshot, std::uint64_t inserted, timestamp taken = p0) {
    invalidation ready;
    stream.on_fence(seen(snapshot), lsn{inserted}, taken, t0, ready);
    return ready.keys;
}

}  // namespace

TEST_CASE("applied_stream: a transaction is dropped when a snapshot sees it, not before", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    stream.add(7, lsn{200}, dropping("a"));
    CHECK(stream.needs_fence());
    CHECK(fence(stream, "7:8:7", 300).empty());
    CHECK(stream.needs_fence());
    CHECK(fence(stream, "8:8:", 300) == names{"a"});
    CHECK_FALSE(stream.needs_fence());
}

TEST_CASE("applied_stream: one that is held up does not hold up the others", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    stream.add(7, lsn{200}, dropping("held"));
    stream.add(9, lsn{220}, dropping("b"));
    stream.add(8, lsn{240}, dropping("c"));
    CHECK(fence(stream, "7:10:7", 300) == names{"b", "c"});
    CHECK(fence(stream, "10:10:", 300) == names{"held"});
}

TEST_CASE("applied_stream: a fence is promised once the stream has come to its position", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    fence(stream, "7:7:", 300, p0);
    stream.on_applied();
    CHECK_FALSE(stream.promise());
    stream.on_received(lsn{299});
    stream.on_applied();
    CHECK_FALSE(stream.promise());
    stream.on_received(lsn{300});
    stream.on_applied();
    const auto promised = stream.promise();
    REQUIRE(promised);
    CHECK(promised->position == lsn{300});
    CHECK(promised->time == p0);
    CHECK_FALSE(stream.promise());
}

// It was acknowledged before the fence, and came when its fence had been looked at: nobody has dropped its keys yet.
TEST_CASE("applied_stream: what came after the last fence is looked at before anything is promised", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    fence(stream, "8:8:", 300, p0);
    stream.add(7, lsn{250}, dropping("a"));
    stream.on_received(lsn{300});
    stream.on_applied();
    CHECK_FALSE(stream.promise());
    CHECK(fence(stream, "8:8:", 400, p0 + 1s) == names{"a"});
    stream.on_applied();
    const auto promised = stream.promise();
    REQUIRE(promised);
    CHECK(promised->time == p0);
    CHECK(promised->position == lsn{300});
}

TEST_CASE("applied_stream: one that is not visible holds back the position, not the time", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    stream.add(7, lsn{200}, dropping("held"));
    stream.on_received(lsn{300});
    CHECK(fence(stream, "7:9:7", 290, p0).empty());
    stream.on_applied();
    const auto promised = stream.promise();
    REQUIRE(promised);
    CHECK(promised->position == lsn{200});   // its own commit record begins there, and is streamed again from there
    CHECK(promised->time == p0);
}

// The server tells an insert position behind a page's header, the stream says the page's beginning.
TEST_CASE("applied_stream: a page's header is not waited for", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    fence(stream, "7:7:", 0xF350018);
    stream.on_received(lsn{0xF350000});
    stream.on_applied();
    CHECK(stream.promise());
}

TEST_CASE("applied_stream: the server may forget what was applied a while ago", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    stream.on_promised(lsn{200}, t0);
    CHECK(stream.forgettable(t0 + 999ms) == lsn{0});
    stream.on_promised(lsn{300}, t0 + 500ms);
    CHECK(stream.forgettable(t0 + 1s) == lsn{200});
    CHECK(stream.forgettable(t0 + 1499ms) == lsn{200});
    CHECK(stream.forgettable(t0 + 1500ms) == lsn{300});
}

TEST_CASE("applied_stream: a stream that begins anew forgets what waited", "[leader]") {
    applied_stream stream(1s);
    stream.restart(lsn{100});
    stream.add(7, lsn{200}, dropping("a"));
    fence(stream, "7:8:7", 300);
    stream.restart(lsn{150});
    CHECK_FALSE(stream.needs_fence());
    stream.on_received(lsn{400});
    stream.on_applied();
    CHECK_FALSE(stream.promise());
}

namespace {

invalidation all_of(std::size_t mapping) {
    invalidation what;
    what.add_wide(mapping);
    return what;
}

// A stream whose mapping 0 coalesces drops within 300 ms. Positions and transactions count up; each step is `after` t0, by both clocks.
struct coalescing {
    coalescing() { stream.restart(lsn{100}); }

    // One change, seen by a fence; whether it drops at once.
    bool change(std::chrono::milliseconds after) {
        at += 10;
        stream.add(++xid, lsn{at}, all_of(0));
        stream.on_received(lsn{at + 5});
        return fence(after);
    }
    // A fence, and what is due behind it; whether it drops. Then what can be promised is.
    bool fence(std::chrono::milliseconds after) {
        invalidation ready;
        const auto shown = std::to_string(xid + 1) + ":" + std::to_string(xid + 1) + ":";
        put_off += stream.on_fence(seen(shown), lsn{at + 5}, p0 + after, t0 + after, ready);
        stream.release_due(t0 + after, ready);
        stream.on_applied();
        if (const auto next = stream.promise()) promised = *next;
        return !ready.wide.empty();
    }

    applied_stream stream{1s, {300ms}};
    applied_stream::promised promised{};
    std::uint64_t at = 100;
    std::uint32_t xid = 6;
    std::size_t put_off = 0;
};

}  // namespace

TEST_CASE("applied_stream: a drop that is put off holds back the position, not the time", "[leader]") {
    coalescing world;
    world.fence(0ms);
    REQUIRE(world.change(10ms));
    CHECK(world.promised.position == lsn{115});
    CHECK_FALSE(world.change(20ms));
    CHECK_FALSE(world.change(30ms));
    CHECK(world.put_off == 2);
    CHECK(world.promised.position == lsn{120});   // the first that waits is streamed again from there
    CHECK(world.promised.time == p0 + 30ms);
    CHECK_FALSE(world.fence(250ms));
    CHECK(world.promised.position == lsn{120});
    CHECK(world.promised.time == p0 + 250ms);
    CHECK(world.stream.next_due() == t0 + 310ms);
    CHECK(world.fence(310ms));
    CHECK(world.promised.position == lsn{135});
    CHECK_FALSE(world.stream.next_due());
}

// It may have been acknowledged at any time since the last promise, also when the mapping was dropped just now.
TEST_CASE("applied_stream: while the stream stands still for longer than the window nothing is put off", "[leader]") {
    coalescing world;
    world.fence(0ms);
    REQUIRE(world.change(10ms));
    const auto drops = [&](std::uint32_t xid, std::chrono::milliseconds after) {
        invalidation ready;
        world.stream.add(xid, lsn{500 + xid}, all_of(0));
        world.stream.on_fence(seen("40:40:"), lsn{9'000}, p0 + after, t0 + after, ready);   // which the stream does not come to
        world.stream.on_applied();
        return !ready.wide.empty();
    };
    CHECK_FALSE(drops(20, 100ms));
    CHECK(drops(21, 500ms));
    CHECK(drops(22, 501ms));
    CHECK_FALSE(world.stream.next_due());
    world.stream.on_received(lsn{9'000});
    world.stream.on_applied();
    CHECK_FALSE(drops(23, 502ms));
}

TEST_CASE("applied_stream: until the first promise of a stream that begins anew nothing is put off", "[leader]") {
    applied_stream stream(1s, {300ms});
    stream.restart(lsn{100});
    for (std::uint32_t xid = 7; xid < 10; ++xid) {
        stream.add(xid, lsn{xid * 100}, all_of(0));
        invalidation ready;
        stream.on_fence(seen("20:20:"), lsn{5'000}, p0, t0 + std::chrono::milliseconds(xid), ready);
        CHECK(ready.wide.size() == 1);
        stream.on_applied();
        CHECK_FALSE(stream.promise());
    }
}
