#include "proxy/lookups/near_reads.hpp"

#include "protocol/resp/flat_reply.hpp"

#include <array>
#include <chrono>
#include <span>
#include <sys/uio.h>

namespace respgres::proxy {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t longest_run = 64;
constexpr std::size_t most_bytes = 256 * 1024;  // of the replies to one run, but for its last

// Of a key of another shape the near cache has the reply to another command.
bool answers_get(std::string_view reply) {
    return !reply.empty() && reply.front() == '$';
}

}  // namespace

bool near_reads::is_proved(const mapping* source, const session& client, time_point now) const {
    if (source == nullptr || !source->follows_changes) return near_.is_alive(now);
    return prove_freshness(*source, near_.gate(), client.after(), now) == freshness_proof::given;
}

void near_reads::note_hits(const mapping* source, std::uint64_t count, std::string_view key) {
    near_.stats().hits.add(count);
    if (source == nullptr) return;
    mapping_stats& stats = stats_[source->index];
    stats.hits.add(count);
    stats.near_hits.add(count);
    if (audits_.wants_one() && source->follows_changes) [[unlikely]]
        audits_.take(*source, key);
}

near_reads::use near_reads::answer(session& client, const mapping* source, std::string_view key) {
    const auto now = steady_clock::now();
    if (!near_.is_ready(client.fence(), !client.has_open_slots()) || !is_proved(source, client, now)) {
        near_.stats().bypasses.add();
        return use::none;
    }
    const std::string_view reply = near_.replies().find(key, now).reply;
    if (reply.empty()) return use::ask;
    note_hits(source, 1, key);
    const session::sequence slot = client.open_slot();
    if (client.version() == protocol::resp_version::resp2) {
        const auto [head, rest] = protocol::in_resp2(reply);
        client.append(slot, head);
        client.answer(slot, rest);
    } else {
        client.answer(slot, reply);
    }
    return use::answered;
}

near_reads::answered_run near_reads::answer_run(session& client, std::string_view input, const protocol::get_frame& first) {
    near_store& replies = near_.replies();
    const wanted begin{first.key.data(), first.key.size(), replies.hash_of(first.key), first.length};
    if (!replies.may_hold(begin.hash) || !near_.is_ready(client.fence(), true)) return {};
    const auto now = steady_clock::now();
    if (first.length < input.size()) return answer_several(client, input, begin, now);
    const near_store::hit hit = replies.find(first.key, begin.hash, now);
    if (!answers_get(hit.reply) || !is_proved(hit.source, client, now)) return {};
    note_hits(hit.source, 1, first.key);
    client.answer_at_once(hit.reply);
    return {first.length, 1, hit.source != nullptr ? 1u : 0u};
}

// In passes, so that the processor fetches the keys' entries from memory at the same time and not one after the other.
near_reads::answered_run near_reads::answer_several(session& client, std::string_view input, const wanted& begin, time_point now) {
    near_store& replies = near_.replies();
    std::array<wanted, longest_run> run;
    run[0] = begin;
    std::size_t length = 1;
    for (std::size_t at = begin.end; length < run.size(); ++length) {
        const auto get = protocol::read_get({input.data() + at, input.size() - at});
        if (get.length == 0) break;
        at += get.length;
        run[length] = {get.key.data(), get.key.size(), replies.hash_of(get.key), at};
        replies.prefetch_slot(run[length].hash);
    }
    for (std::size_t i = 0; i < length; ++i) replies.prefetch_entry(run[i].hash);

    std::array<iovec, longest_run> found;
    std::size_t bytes = 0;
    answered_run done;
    const mapping* source = nullptr;  // of the hits since `noted`
    std::size_t noted = 0;
    const auto note = [&] {
        if (done.commands == noted) return;
        note_hits(source, done.commands - noted, run[noted].key_text());
        if (source != nullptr) done.mapped += done.commands - noted;
        noted = done.commands;
    };
    for (; done.commands < length && bytes < most_bytes; ++done.commands) {
        const wanted& next = run[done.commands];
        const near_store::hit hit = replies.find(next.key_text(), next.hash, now);
        if (!answers_get(hit.reply)) break;
        if (hit.source != source || done.commands == 0) {
            if (!is_proved(hit.source, client, now)) break;
            note();
            source = hit.source;
        }
        found[done.commands] = net::part_of(hit.reply);
        bytes += hit.reply.size();
        done.bytes = next.end;
    }
    note();
    if (done.commands == 0) return done;
    const auto replies_found = std::span(found).first(done.commands);
    if (done.bytes == input.size())
        client.answer_at_once(replies_found, bytes);
    else
        client.answer_some(replies_found, bytes);
    return done;
}

}  // namespace respgres::proxy
