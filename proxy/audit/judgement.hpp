#pragma once

#include "backends/change_stream/lsn.hpp"
#include "proxy/freshness/watermark.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace respgres::proxy {

// What PostgreSQL said under the auditor's lease. `position`: where its log ended, asked behind the query, so that whatever the query saw
// was written before it.
struct audit_answer {
    std::string server;  // "SYSTEM.TIMELINE"
    change_stream::lsn position;
};

// What Redis said afterwards, in one pipeline and in this order.
struct audit_look {
    std::optional<watermark> mark;  // first
    bool is_gone = false;  // then the key
    bool is_equal = false;  // it holds what the query gave
    bool has_lease = false;  // last: the auditor's lease is still there
};

enum class judgement : std::uint8_t {
    verified,
    gone,  // the key went: expired, or about to be filled again
    changed,  // it was dropped meanwhile: nothing follows, look again
    wait,  // the change that makes the difference may be on its way
    violation,
};

// What the look proves. Pure.
//
// A legal race never is a violation. Let the auditor's lease be set at t0, the query's snapshot S be taken after that, L be `position`,
// and the look say that the key differs, that the watermark has reached L, and that the lease is there still.
//  - Nobody dropped or filled the key between t0 and the look: whoever drops a key deletes its lease first, and a fill stores only under a
//    lease of its own, which nobody gets while ours is there. (One that was under way had its lease before, so ours was refused; or had
//    lost it.) So the value was stored before t0, from a snapshot before S: it contains no transaction that S does not, however often the
//    row has changed there and back.
//  - It contains every transaction T that S does and that touches the key: T's commit was written before L, the watermark says that the
//    key was dropped for T, not between t0 and the look, hence before t0; and what a fill stores after the drop for T contains T (promise
//    G1).
// So value and query are of the same rows. If they differ, either a drop is missing, a fill was stored that should not have been, somebody
// wrote to Redis behind the proxies, or the query gives different answers on the same rows (now(), random(), LIMIT without a total order):
// for such a mapping, audit = false.
//
// A value that is wrong does not escape but by going: no change that is known drops it, so the lease stays; and the watermark passes L as
// soon as the stream does.
judgement judge_look(const audit_look& look, const audit_answer& answer);

}  // namespace respgres::proxy
