#pragma once

#include "protocol/commands/get_frame.hpp"
#include "proxy/audit/auditor.hpp"
#include "proxy/lookups/freshness_proof.hpp"
#include "proxy/lookups/near_fetch.hpp"
#include "proxy/mappings/mapping.hpp"
#include "proxy/metrics/mapping_stats.hpp"
#include "proxy/near/near_cache.hpp"
#include "proxy/sessions/session.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// Answers reads of mapped keys from the near cache. One per worker, on its thread.
class near_reads {
public:
    // References must outlive it. `stats` has one element per mapping, by mapping::index.
    near_reads(near_cache& near, redis::link_set& links, auditor& audits, std::vector<mapping_stats>& stats)
        : near_(near), audits_(audits), stats_(stats), fetches_(near, links) {}

    // What the near cache has to do with a GET of a key.
    enum class use : std::uint8_t {
        none,  // nothing
        ask,  // the read goes over its connection, so that it can keep the reply
        answered,  // the client has its reply
    };

    // False: it has nothing to do with keys of `source` (null: of no mapping).
    bool may_answer(const mapping* source) const { return near_.is_on() && (source == nullptr || source->settings.near_cache); }

    // What reads all of `key` (whole_reads.hpp), which belongs to `source` and converts, or to no mapping (null) and the configuration names it; of a client
    // whose reads are not tracked. Only where may_answer().
    use answer(session& client, const mapping* source, std::string_view key);

    // When answer() said `ask`, of a key of no mapping. False: nothing was done.
    [[nodiscard]] bool fetch(session& client, std::string_view key) { return fetches_.start(client, key); }

    struct answered_run {
        std::size_t bytes = 0;  // of the input
        std::size_t commands = 0;
        std::size_t mapped = 0;  // of them, on keys of a mapping
    };
    // The GETs that stand one after the other at the front of `input`, the first of which is `first`; of such a client that waits for no reply: they are
    // answered up to the first that the near cache cannot answer. Nothing else is looked up for them, neither the command nor the key's mapping.
    answered_run answer_run(session& client, std::string_view input, const protocol::get_frame& first);

private:
    using time_point = near_cache::time_point;

    // Without initial values: most runs are short, and an array of these is not.
    struct wanted {
        const char* key;
        std::size_t key_size;
        std::uint64_t hash;
        std::size_t end;  // of its command in the input

        std::string_view key_text() const { return {key, key_size}; }
    };

    answered_run answer_several(session& client, std::string_view input, const wanted& begin, time_point now);
    bool is_proved(const mapping* source, const session& client, time_point now) const;
    // Counts them, and has the auditor look at one of their keys now and then.
    void note_hits(const mapping* source, std::uint64_t count, std::string_view key);

    near_cache& near_;
    auditor& audits_;
    std::vector<mapping_stats>& stats_;
    near_fetches fetches_;
};

}  // namespace respgres::proxy
