#include "proxy/audit/judgement.hpp"

#include <catch2/catch.hpp>

namespace respgres::proxy {

namespace {

const audit_answer answer{"7.00000001", {1000}};

watermark mark_at(std::uint64_t position) {
    watermark made;
    made.server = answer.server;
    made.incarnation = "x";
    made.position = {position};
    return made;
}

// Another value, although all that the query saw is applied.
audit_look wrong() {
    audit_look look;
    look.mark = mark_at(1000);
    look.has_lease = true;
    return look;
}

}  // namespace

TEST_CASE("judge_look: a value that differs when all is applied and nobody touched the key is a violation", "[proxy]") {
    CHECK(judge_look(wrong(), answer) == judgement::violation);
}

TEST_CASE("judge_look: without the lease nothing is proved, neither right nor wrong", "[proxy]") {
    audit_look look = wrong();
    look.has_lease = false;
    CHECK(judge_look(look, answer) == judgement::changed);
    look.is_equal = true;
    CHECK(judge_look(look, answer) == judgement::changed);
}

TEST_CASE("judge_look: waits while the change that makes the difference may be on its way", "[proxy]") {
    audit_look look = wrong();
    look.mark = mark_at(999);   // behind what the query saw
    CHECK(judge_look(look, answer) == judgement::wait);
    look.mark = mark_at(0);     // all keys are being dropped
    CHECK(judge_look(look, answer) == judgement::wait);
    look.mark.reset();
    CHECK(judge_look(look, answer) == judgement::wait);
    look = wrong();
    look.mark->server = "7.00000002";   // another history, whose positions mean nothing here
    CHECK(judge_look(look, answer) == judgement::wait);
}

TEST_CASE("judge_look: what is equal or gone is settled at once", "[proxy]") {
    audit_look look = wrong();
    look.mark.reset();
    look.is_equal = true;
    CHECK(judge_look(look, answer) == judgement::verified);
    look.is_equal = false;
    look.is_gone = true;
    CHECK(judge_look(look, answer) == judgement::gone);
}

}  // namespace respgres::proxy
