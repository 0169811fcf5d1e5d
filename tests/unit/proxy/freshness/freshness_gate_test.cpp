#include "proxy/freshness/freshness_gate.hpp"

#include <catch2/catch.hpp>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;
using change_stream::lsn;
using change_stream::timestamp;
using state = freshness_gate::state;

namespace {

const auto t0 = freshness_gate::time_point(1'000s);
const timestamp p0 = timestamp(5'000s);
const std::string ours = "7.00000001";

// A clock that is known exactly: the server shows p0 + d at our t0 + d, but for the millisecond that drift may be.
struct measured {
    measured() {
        server_clock of_server;
        of_server.add(t0, p0, t0);
        clock.publish(of_server, t0);
    }
    shared_clock clock;
};

std::string mark(std::chrono::milliseconds at, std::uint64_t position = 0x100, std::string server = ours) {
    return to_string(watermark{std::move(server), "a", lsn{position}, p0 + at});
}

}  // namespace

TEST_CASE("freshness_gate: open until the watermark is as old as the bound", "[freshness]") {
    const measured known;
    freshness_gate gate(known.clock);
    CHECK(gate.why(t0, 500ms, 1) == state::unread);
    gate.on_watermark(mark(0ms), 1, ours);
    CHECK(gate.is_open(t0 + 10ms, 500ms, 1));
    CHECK(gate.is_open(t0 + 499ms, 500ms, 1));
    CHECK_FALSE(gate.is_open(t0 + 500ms, 500ms, 1));   // the clocks may differ by a millisecond
    CHECK(gate.is_open(t0 + 500ms, 600ms, 1));
    CHECK(gate.why(t0 + 700ms, 500ms, 1) == state::late);
    gate.on_watermark(mark(650ms), 1, ours);
    CHECK(gate.is_open(t0 + 700ms, 500ms, 1));
}

TEST_CASE("freshness_gate: holds for the connection on which the watermark was read", "[freshness]") {
    const measured known;
    freshness_gate gate(known.clock);
    gate.on_watermark(mark(0ms), 1, ours);
    CHECK_FALSE(gate.is_open(t0 + 10ms, 500ms, 2));
    CHECK(gate.why(t0 + 10ms, 500ms, 2) == state::unread);
    gate.on_failure();
    CHECK_FALSE(gate.is_open(t0 + 10ms, 500ms, 1));
}

TEST_CASE("freshness_gate: no watermark, a rebuild, another server, a moment to come, a clock that is not known", "[freshness]") {
    const measured known;
    freshness_gate gate(known.clock);
    gate.on_watermark("", 1, ours);
    CHECK(gate.why(t0, 500ms, 1) == state::missing);
    gate.on_watermark("what somebody else wrote", 1, ours);
    CHECK(gate.why(t0, 500ms, 1) == state::missing);
    gate.on_watermark(mark(0ms, 0), 1, ours);
    CHECK(gate.why(t0, 500ms, 1) == state::rebuilding);
    gate.on_watermark(mark(0ms, 1, "7.00000002"), 1, ours);
    CHECK(gate.why(t0, 500ms, 1) == state::other_server);
    gate.on_watermark(mark(0ms), 1, "");
    CHECK_FALSE(gate.is_open(t0, 500ms, 1));
    gate.on_watermark(mark(10s), 1, ours);   // PostgreSQL's clock was set forward, and that is not known yet
    CHECK_FALSE(gate.is_open(t0 + 1ms, 500ms, 1));
    const shared_clock unknown;
    freshness_gate blind(unknown);
    blind.on_watermark(mark(0ms), 1, ours);
    CHECK_FALSE(blind.is_open(t0, 500ms, 1));
}

TEST_CASE("freshness_gate: a position is reached when the watermark has it", "[freshness]") {
    const measured known;
    freshness_gate gate(known.clock);
    CHECK_FALSE(gate.has_reached(lsn{1}));
    gate.on_watermark(mark(0ms, 0x100), 1, ours);
    CHECK(gate.has_reached(lsn{0x100}));
    CHECK_FALSE(gate.has_reached(lsn{0x101}));
    gate.on_watermark("", 1, ours);
    CHECK_FALSE(gate.has_reached(lsn{1}));
}
