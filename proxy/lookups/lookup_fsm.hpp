#pragma once

#include "proxy/fills/fill_engine.hpp"

#include <cstdint>
#include <variant>

namespace respgres::proxy {

// What a reply says of its key. `unknown`: it is the reply that the command also gives for a key that is not there (HGET of a field that is not in the hash).
enum class presence : std::uint8_t { present, absent, unknown };

// Decides the way of one read of a mapped key: ask Redis; if the key is not there, fill it; answer from the fill's value or, where the proxy cannot evaluate
// the command itself, ask Redis again. No I/O, no clock: lookup.cpp carries the actions out and reports what came of them.
class lookup_fsm {
public:
    struct look {};  // ask EXISTS, untracked
    struct ask {};  // send the command as it is
    struct ask_checked {};  // send EXISTS and the command as one transaction: is the key there, and what is the reply then
    struct fill {
        fill_engine::need what;
    };
    struct pass {};  // the reply that came last is the answer
    struct answer {};  // evaluate the command on the fill's value
    struct fail_fill {};  // tell why the fill failed
    struct fail_redis {};  // tell that Redis cannot be reached
    struct fail_contended {};  // tell that the key is dropped faster than it can be read
    struct fail_unproven {};  // tell that what Redis holds cannot be proved to be fresh
    using action = std::variant<look, ask, ask_checked, fill, pass, answer, fail_fill, fail_redis, fail_contended, fail_unproven>;

    // `evaluable`: the proxy can answer this command from a value in memory. `tracked`: Redis tells the client of each change of what it has read; it
    // must therefore see the read of the value that the client gets, and the key had better be there before, or else the fill is the first change.
    explicit lookup_fsm(bool evaluable = false, bool tracked = false) : evaluable_(evaluable && !tracked), tracked_(tracked) {}

    action start() const { return tracked_ ? action(look{}) : action(ask{}); }

    action on_looked(bool exists) { return exists ? action(ask{}) : begin_fill(); }

    action on_reply(presence seen) {
        if (seen == presence::present) return pass{};
        return seen == presence::absent ? begin_fill() : action(ask_checked{});
    }

    action on_checked(bool exists) { return exists ? action(pass{}) : begin_fill(); }

    // What Redis holds cannot be proved to be fresh; instead of asking it. A client whose reads are tracked gets nothing else: it would keep the answer, and
    // Redis would not tell it of changes.
    action on_unproven() {
        if (!evaluable_) return fail_unproven{};
        if (fills_ == max_fills) return fail_contended{};
        ++fills_;
        return fill{fill_engine::need::uncached};
    }

    // Redis did not answer. What can be evaluated is answered from PostgreSQL (fail open).
    action on_redis_failure() {
        if (!evaluable_) return fail_redis{};
        return begin_fill();
    }

    action on_filled(const fill_outcome& outcome) {
        switch (outcome.how) {
            case fill_outcome::kind::failed: return fail_fill{};
            case fill_outcome::kind::present: return fills_ < max_fills ? action(ask_checked{}) : action(fail_contended{});
            case fill_outcome::kind::answered: break;
        }
        if (evaluable_) return answer{};
        settled_ = outcome.stored && is_absent(*outcome.filled);
        return ask{};  // also if it could not be stored: was it dropped meanwhile, or is Redis gone? The reply tells
    }

    // The key is known to have no row: Redis' reply is the answer, whatever it says.
    bool is_settled() const { return settled_; }

    // How often the key was filled for this read so far.
    int fills() const { return fills_; }

private:
    // A key that is filled, dropped and looked for again more often than this is invalidated faster than it can be read.
    static constexpr int max_fills = 3;

    action begin_fill() {
        if (settled_) return pass{};
        if (fills_ == max_fills) return fail_contended{};
        ++fills_;
        return fill{evaluable_ ? fill_engine::need::answer : fill_engine::need::stored};
    }

    bool evaluable_;
    bool tracked_;
    bool settled_ = false;
    int fills_ = 0;
};

}  // namespace respgres::proxy
