#include "proxy/near/write_fence.hpp"
#include "proxy/near/key_stamps.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;

TEST_CASE("write_fence: reads pass again once a question that was sent behind the write is answered", "[near]") {
    write_fence fence;
    CHECK(fence.is_clear());
    fence.on_write();
    CHECK(fence.needs_question());
    fence.on_answered(100);   // of questions sent earlier
    CHECK_FALSE(fence.is_clear());

    fence.wait_for(7);
    CHECK_FALSE(fence.needs_question());
    fence.on_answered(6);
    CHECK_FALSE(fence.is_clear());
    fence.on_answered(8);
    CHECK(fence.is_clear());
}

TEST_CASE("write_fence: another write meanwhile needs another question", "[near]") {
    write_fence fence;
    fence.on_write();
    fence.wait_for(7);
    fence.on_write();
    fence.on_answered(7);
    CHECK_FALSE(fence.is_clear());
    CHECK(fence.needs_question());
    fence.wait_for(8);
    fence.on_answered(8);
    CHECK(fence.is_clear());
}

TEST_CASE("key_stamps: a key's number changes with it and with all, not with nothing", "[near]") {
    key_stamps stamps;
    const auto before = stamps.of(17);
    const auto other = stamps.of(18);
    CHECK(stamps.of(17) == before);
    stamps.on_key(17);
    CHECK(stamps.of(17) != before);
    CHECK(stamps.of(18) == other);
    stamps.on_all();
    CHECK(stamps.of(18) != other);
}
