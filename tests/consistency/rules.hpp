#pragma once

#include "tests/consistency/history.hpp"
#include "tests/consistency/setbacks.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests::consistency {

// The rules of consistency.md 2.16 that a history of reads and writes can break. Counters, streams and sessions (R6-R8) have none yet.
enum class rule : std::uint8_t { invalidated, bound, quiet, committed, after, stale_served };
inline constexpr std::size_t rule_count = 6;

// "R1".
std::string_view number_of(rule r);
std::string_view meaning_of(rule r);

struct violation {
    rule broken = rule::invalidated;
    read what;
    std::optional<version> expected;   // the oldest version that would have been right; nothing: the row should not have been there
    moment since;                      // when that version became binding
    std::string detail;
};

struct verdict {
    std::uint64_t reads = 0;    // cells read
    std::uint64_t writes = 0;   // committed
    std::uint64_t aborted = 0;
    std::array<std::uint64_t, rule_count> broken{};
    std::vector<violation> first;         // the first few of each rule
    std::chrono::nanoseconds worst_age{0};   // of any value read: how long ago the first version that it lacks had been acknowledged
    read oldest;                             // the read that this was
    std::chrono::nanoseconds worst_after_setback{0};   // the same, of reads that a setback concerns

    std::uint64_t of(rule r) const { return broken[static_cast<std::size_t>(r)]; }
    std::uint64_t violations() const;
};

// Judges a history while it is recorded. Writes are kept, reads are judged and forgotten, so that memory grows with the writes only.
// O((reads + writes) log writes). Not thread-safe.
class rule_checker {
public:
    struct settings {
        std::chrono::nanoseconds bound{std::chrono::milliseconds(500)};   // B of R2
        bool invalidations_hold = true;    // R1; off where Redis may lose what it acknowledged
        std::size_t kept_of_each = 3;      // violations told in full
    };

    rule_checker(settings chosen, std::size_t cells) : settings_(chosen), cells_(cells) {}

    void add(const write& w);
    void add(const invalidation& i);
    void add(const read& r) { waiting_.push_back(r); }
    // All that there were so far. Of reads that one concerns R2 asks that much less, and R5 nothing.
    void allow(std::vector<setback> all) { setbacks_ = std::move(all); }
    // Judges the reads that ended by `horizon`. Before, all must have been added: every write that began, and every invalidation that
    // was acknowledged, by then.
    void judge_until(moment horizon);

    // R3, after the writers have stopped: what a read finds must be what PostgreSQL holds.
    void settled(const read& r, std::optional<version> in_postgres);
    // R9: answers that a proxy counted as stale.
    void stale_served(std::uint8_t proxy, std::uint64_t answers);

    const verdict& result() const { return verdict_; }
    std::size_t waiting() const { return waiting_.size(); }

private:
    struct committed {
        version number;
        moment begin;
        moment acknowledged;
        bool absent;
    };
    struct dropped {
        moment acknowledged;
        version newest;   // of all invalidations up to this one
    };
    struct cell_history {
        std::vector<committed> versions;    // by number
        std::vector<version> aborted;       // by number
        std::vector<dropped> invalidations; // by time
    };

    void judge(const read& r);
    void judge_age(const read& r, const std::vector<committed>& versions, std::size_t seen, bool set_back);
    std::chrono::nanoseconds allowance(const read& r) const;
    void require(const read& r, rule which, version newest, version least, moment since);
    // The index in versions of what was read; nothing: no version fits.
    std::optional<std::size_t> version_seen(const read& r, const cell_history& h);
    void report(violation found);

    settings settings_;
    std::vector<cell_history> cells_;
    std::vector<read> waiting_;
    std::vector<setback> setbacks_;
    verdict verdict_;
};

}  // namespace respgres::tests::consistency
