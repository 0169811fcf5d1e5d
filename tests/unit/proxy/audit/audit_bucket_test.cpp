#include "proxy/audit/audit_bucket.hpp"

#include <catch2/catch.hpp>

namespace respgres::proxy {

namespace {

using namespace std::chrono_literals;

const audit_bucket::time_point t0{1h};

int drain(audit_bucket& bucket) {
    int taken = 0;
    for (; bucket.has_one(); ++taken) bucket.take();
    return taken;
}

}  // namespace

TEST_CASE("audit_bucket: gives its rate, whatever the steps of time", "[proxy]") {
    const auto step = GENERATE(1ms, 100ms, 700ms);
    audit_bucket bucket(4);
    bucket.refill(t0);
    int taken = 0;
    for (auto at = 0ms; at <= 70s; at += step) {
        bucket.refill(t0 + at);
        taken += drain(bucket);
    }
    CHECK(taken >= 278);
    CHECK(taken <= 280);
}

TEST_CASE("audit_bucket: starts empty, and gives the first token when its time has come", "[proxy]") {
    audit_bucket bucket(0.5);
    CHECK_FALSE(bucket.has_one());
    bucket.refill(t0);
    CHECK_FALSE(bucket.has_one());
    bucket.refill(t0 + 1999ms);
    CHECK_FALSE(bucket.has_one());
    bucket.refill(t0 + 2001ms);
    CHECK(bucket.has_one());
}

TEST_CASE("audit_bucket: saves up one second's tokens, and one at least", "[proxy]") {
    audit_bucket fast(10);
    audit_bucket slow(0.1);
    for (audit_bucket* const each : {&fast, &slow}) {
        each->refill(t0);
        each->refill(t0 + 1h);
    }
    CHECK(drain(fast) == 10);
    CHECK(drain(slow) == 1);
}

TEST_CASE("audit_bucket: never gives one at rate 0", "[proxy]") {
    audit_bucket off(0);
    off.refill(t0);
    off.refill(t0 + 1000h);
    CHECK_FALSE(off.has_one());
}

}  // namespace respgres::proxy
