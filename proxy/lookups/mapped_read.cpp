#include "proxy/lookups/mapped_read.hpp"

#include "protocol/commands/empty_reply.hpp"
#include "protocol/resp/flat_reply.hpp"
#include "protocol/resp/reply_framer.hpp"
#include "proxy/fills/fill_policy.hpp"
#include "proxy/lookups/freshness_proof.hpp"
#include "proxy/lookups/key_command.hpp"
#include "proxy/sessions/error_replies.hpp"
#include "proxy/values/evaluate.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace respgres::proxy {

namespace {

// Commands whose empty reply only an absent key gives: no need to ask EXISTS.
constexpr std::array<std::string_view, 14> certain{"get",   "exists", "type", "ttl",      "pttl",  "hgetall", "hlen",
                                                   "hkeys", "hvals",  "llen", "smembers", "scard", "zcard",   "expiretime"};

presence presence_of(const protocol::command_info& command, std::string_view reply) {
    if (!protocol::may_mean_absent(command, reply)) return presence::present;
    return std::find(certain.begin(), certain.end(), command.name) != certain.end() ? presence::absent : presence::unknown;
}

// Redis is there but does not serve its data: as good as not there.
bool is_unavailable(std::string_view reply) {
    constexpr std::array<std::string_view, 4> states{"-LOADING", "-MASTERDOWN", "-CLUSTERDOWN", "-BUSY "};
    return std::any_of(states.begin(), states.end(), [reply](std::string_view state) { return reply.starts_with(state); });
}

constexpr std::string_view multi = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view exec = "*1\r\n$4\r\nEXEC\r\n";

double random_unit() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

// --- mapped_reads ----------------------------------------------------------------------------------------------------------------

mapped_reads::mapped_reads(fill_engine& fills, auditor& audits, near_cache& near, std::vector<mapping_stats>& stats)
    : fills_(fills), audits_(audits), near_(near), stats_(stats) {}

mapped_reads::~mapped_reads() = default;

bool mapped_reads::can_evaluate(const protocol::command_info& command) {
    if (&command != last_command_) {
        last_command_ = &command;
        can_evaluate_last_ = proxy::can_evaluate(command.name);
    }
    return can_evaluate_last_;
}

void mapped_reads::start(session& client, const protocol::command_info& command, std::span<const std::string_view> arguments,
                         std::string_view frame, const mapping& source, const command_route& route) {
    if (free_.empty()) {
        all_.push_back(std::make_unique<mapped_read>(*this));
        free_.push_back(all_.back().get());
    }
    mapped_read* const read = free_.back();
    free_.pop_back();
    read->start(client, command, arguments, frame, source, route);
}

// --- one read --------------------------------------------------------------------------------------------------------------------

mapping_stats& mapped_read::stats() const {
    return home_.stats_[source_->index];
}

// A read is a hit or a miss, never both: what Redis answers after a fill is the rest of a miss.
void mapped_read::count_hit() const {
    if (fsm_.fills() > 0) return;
    stats().hits.add();
    if (home_.audits_.wants_one() && source_->follows_changes && !counted_stale_) [[unlikely]]
        home_.audits_.take(*source_, key());
}

void mapped_read::start(session& client, const protocol::command_info& command, std::span<const std::string_view> arguments,
                        std::string_view frame, const mapping& source, const command_route& route) {
    client_ = &client;
    slot_ = client.open_slot();
    command_ = &command;
    source_ = &source;
    version_ = client.version();
    route_ = route;
    fsm_ = lookup_fsm(home_.can_evaluate(command), route.is_tracked());
    streaming_ = answered_ = counted_stale_ = false;
    copy_.forget();
    open_requests_ = 0;
    copy_command(arguments, frame);
    carry_out(fsm_.start());
}

// Whether Redis' answer may be the client's, looked at each time before it is asked. False: the read goes another way.
bool mapped_read::may_ask() {
    const freshness_proof proof = prove_freshness(*source_, route_);
    if (proof == freshness_proof::waived && !std::exchange(counted_stale_, true)) stats().stale_served.add();
    if (proof != freshness_proof::missing) return true;
    if (route_.only_redis_may_answer)
        carry_out(lookup_fsm::fail_unproven{});
    else
        carry_out(fsm_.on_unproven());
    return false;
}

// The parser's bytes are gone when the reply comes.
void mapped_read::copy_command(std::span<const std::string_view> arguments, std::string_view frame) {
    arguments_.clear();
    frame_.clear();
    if (!frame.empty()) {
        frame_.append(frame);
        for (const std::string_view argument : arguments)
            arguments_.emplace_back(frame_.data() + (argument.data() - frame.data()), argument.size());
        return;
    }
    protocol::append_command(frame_, arguments);
    std::size_t at = frame_.find('\n') + 1;
    for (const std::string_view argument : arguments) {
        at = frame_.find('\n', at) + 1;
        arguments_.emplace_back(frame_.data() + at, argument.size());
        at += argument.size() + 2;
    }
}

void mapped_read::carry_out(lookup_fsm::action next) {
    struct driver {
        mapped_read& self;

        void operator()(lookup_fsm::look) const {
            if (self.may_ask()) self.look();
        }
        void operator()(lookup_fsm::ask) const {
            if (self.route_.near != nullptr) return self.ask_near();
            if (!self.may_ask()) return;
            if (!needs_ttl(self.source_->settings)) return self.send(self.frame_, command_reply, 1);
            self.send(self.frame_, command_reply, 1);
            if (self.open_requests_ > 0) self.send(command_on("PTTL", self.key()), ttl_reply, 1);
        }
        void operator()(lookup_fsm::ask_checked) const {
            if (!self.may_ask()) return;
            std::string commands(multi);
            commands.append(command_on("EXISTS", self.key())).append(self.frame_).append(exec);
            self.checked_parts_ = 0;
            self.send(commands, checked_reply, 4);
        }
        void operator()(lookup_fsm::fill what) const { self.begin_fill(what.what); }
        void operator()(lookup_fsm::pass) const {
            self.pass_reply();
            self.done();
        }
        void operator()(lookup_fsm::answer) const { self.answer_from(self.last_fill_); }
        void operator()(lookup_fsm::fail_fill) const { self.refuse(fill_failure_text(*self.source_, self.last_fill_.why)); }
        void operator()(lookup_fsm::fail_redis) const {
            const backends::failure gone{make_error_code(backends::errc::not_connected), {}, {}};
            self.refuse(redis_failure_text(gone, false));
        }
        void operator()(lookup_fsm::fail_contended) const { self.refuse(contended_text(*self.source_)); }
        void operator()(lookup_fsm::fail_unproven) const {
            self.refuse(unproven_text(*self.source_, why_unproven(*self.source_, self.route_)));
        }
    };
    std::visit(driver{*this}, next);
}

void mapped_read::send(std::string_view commands, std::uint64_t token, std::uint32_t replies) {
    reply_.clear();
    ++open_requests_;
    if (route_.send(commands, *this, token, replies)) return;
    --open_requests_;
    if (token != ttl_reply) on_redis_away();
}

// The command and the time to live, so that a reply is kept no longer than its key lives. What changes the key between the two is told between their replies.
void mapped_read::ask_near() {
    near_cache& near = *route_.near;
    copy_.begin(std::chrono::steady_clock::now());
    reply_.clear();
    if (!near.link().send(frame_, *this, near_reply)) {
        route_.near = nullptr;
        return carry_out(lookup_fsm::ask{});
    }
    near.stats().misses.add();
    client_->begin_near_read();
    ++open_requests_;
    if (near.link().send(command_on("PTTL", key()), *this, ttl_reply)) ++open_requests_;
}

void mapped_read::take_near_reply(std::string_view bytes, bool complete) {
    copy_.take(*route_.near, key(), bytes, complete);
    if (complete) client_->end_near_read();
    take_command_reply(bytes, complete);
}

// `left`: of the key, when Redis answered, which was after it was asked; -1: it does not expire.
void mapped_read::keep(std::int64_t left) {
    using std::chrono::milliseconds;
    constexpr double surely = 8;  // refresh_ahead begins earlier than that many times its mean with a probability of one in 3 000
    const auto& settings = source_->settings;
    auto lives = left < 0 ? settings.ttl.value : milliseconds(left) - settings.stale_while_revalidate;
    if (settings.refresh_ahead > 0) {
        const double cost = std::chrono::duration<double, std::milli>(home_.fills_.usual_cost(*source_)).count();
        lives -= milliseconds(static_cast<std::int64_t>(surely * settings.refresh_ahead * cost));
    }
    copy_.keep(*route_.near, source_, key(), lives);
}

// The near cache's connection speaks RESP3.
void mapped_read::pass_reply() {
    if (route_.near == nullptr || version_ != protocol::resp_version::resp2) return client_->answer(slot_, reply_);
    const auto [head, rest] = protocol::in_resp2(reply_);
    client_->append(slot_, head);
    client_->answer(slot_, rest);
}

// If that cannot be asked, the command itself will tell why.
void mapped_read::look() {
    reply_.clear();
    ++open_requests_;
    if (route_.aside->send(command_on("EXISTS", key()), *this, looked_reply)) return;
    --open_requests_;
    carry_out(fsm_.on_looked(true));
}

void mapped_read::on_reply(std::uint64_t token, std::string_view bytes, bool complete) {
    if (token == command_reply) return take_command_reply(bytes, complete);
    if (token == near_reply) return take_near_reply(bytes, complete);
    if (token == ttl_reply) return take_ttl(bytes, complete);
    reply_.append(bytes);
    if (!complete) return;
    if (token == looked_reply) {
        --open_requests_;
        return carry_out(fsm_.on_looked(std::exchange(reply_, {}) != ":0\r\n"));
    }
    // Of +OK, +QUEUED, +QUEUED and the transaction's reply only the last matters, unless the command was refused when it was queued.
    if (++checked_parts_ < 4 && !reply_.starts_with('-')) reply_.clear();
    if (checked_parts_ < 4) return;
    --open_requests_;
    take_checked();
}

void mapped_read::take_command_reply(std::string_view bytes, bool complete) {
    if (complete) --open_requests_;
    if (!streaming_ && reply_.empty() && protocol::begins_present_bulk(bytes)) {
        count_hit();
        if (complete) [[likely]] {
            client_->answer(slot_, bytes);
            return done();
        }
        streaming_ = true;
    }
    if (streaming_) {
        client_->append(slot_, bytes);
        if (!complete) return;
        client_->finish(slot_);
        return done();
    }
    reply_.append(bytes);
    if (!complete) return;
    if (is_unavailable(reply_)) return on_redis_away();
    const presence seen = fsm_.is_settled() ? presence::present : presence_of(*command_, reply_);
    if (seen == presence::present) count_hit();
    carry_out(fsm_.on_reply(seen));
}

// [:exists, reply] of the transaction, or an error.
void mapped_read::take_checked() {
    constexpr std::string_view there = "*2\r\n:1\r\n";
    constexpr std::string_view gone = "*2\r\n:0\r\n";
    const std::string_view reply = reply_;
    if (reply.starts_with(gone)) {
        if (fsm_.is_settled()) reply_.erase(0, gone.size());
        return carry_out(fsm_.on_checked(false));
    }
    if (reply.starts_with(there)) {
        reply_.erase(0, there.size());
        count_hit();
    } else {
        if (is_unavailable(reply)) return on_redis_away();
        // The first error of the four is Redis' reason.
        protocol::reply_framer framer;
        reply_.resize(framer.next(reply).length);
    }
    carry_out(fsm_.on_checked(true));
}

void mapped_read::take_ttl(std::string_view bytes, bool complete) {
    ttl_reply_.append(bytes);
    if (!complete) return;
    --open_requests_;
    const std::int64_t left = time_to_live_in(ttl_reply_);
    ttl_reply_.clear();
    if (copy_.may_be_kept() && left != -2) keep(left);
    if (left >= 0 && needs_ttl(source_->settings)) {
        const auto judged =
            judge(source_->settings, std::chrono::milliseconds(left), home_.fills_.usual_cost(*source_), 1.0 - random_unit());
        if (judged == freshness::stale) stats().stale_served.add();
        if (judged != freshness::fresh && source_->pattern.match(key(), home_.scratch_))
            home_.fills_.refresh(*source_, key(), home_.scratch_);
    }
    if (answered_) done();
}

void mapped_read::on_failure(std::uint64_t token, const backends::failure& why) {
    --open_requests_;
    copy_.forget();
    if (token == ttl_reply) ttl_reply_.clear();
    if (token == near_reply) client_->end_near_read();
    if (answered_) return done();
    if (token == ttl_reply) return;
    if (token == looked_reply) return carry_out(fsm_.on_looked(true));
    if (streaming_) {
        client_->fail(slot_, redis_failure_text(why, false));
        return done();
    }
    if (token == near_reply) {
        route_.near = nullptr;
        return carry_out(lookup_fsm::ask{});
    }
    on_redis_away();
}

void mapped_read::begin_fill(fill_engine::need what) {
    if (fsm_.fills() == 1 && what != fill_engine::need::uncached) stats().misses.add();
    source_->pattern.match(key(), home_.scratch_);
    home_.fills_.join(*source_, key(), home_.scratch_, *this, what);
}

void mapped_read::on_filled(const fill_outcome& outcome) noexcept {
    last_fill_ = outcome;
    carry_out(fsm_.on_filled(outcome));
}

void mapped_read::answer_from(const fill_outcome& outcome) {
    constexpr std::size_t large = 8 * 1024;
    const auto* const held = std::get_if<string_value>(outcome.filled.get());
    if (held != nullptr && held->bytes.size() >= large && command_->name == "get") {
        answer_bulk(held->bytes);
        return done();
    }
    std::string text;
    protocol::reply_writer out(text, version_);
    evaluate(arguments_, *outcome.filled, outcome.left, std::chrono::system_clock::now(), out);
    if (planted(plant::near_put_from_fill) && home_.near_.is_on() && source_->settings.near_cache && command_->name == "get")
        home_.near_.put(source_, key(), text, home_.near_.stamp_of(key()), std::chrono::steady_clock::now() + outcome.left);
    client_->answer(slot_, text);
    done();
}

// From where it lies: what the socket takes is not copied.
void mapped_read::answer_bulk(std::string_view bytes) {
    const std::string head = "$" + std::to_string(bytes.size()) + "\r\n";
    const std::array<iovec, 3> parts{net::part_of(head), net::part_of(bytes), net::part_of("\r\n")};
    client_->answer_parts(slot_, parts);
}

// PostgreSQL may answer instead, but not where only Redis knows whether this user may read the key.
void mapped_read::on_redis_away() {
    if (!route_.only_redis_may_answer) return carry_out(fsm_.on_redis_failure());
    const backends::failure gone{make_error_code(backends::errc::not_connected), {}, {}};
    refuse(redis_failure_text(gone, false));
}

void mapped_read::refuse(std::string_view error) {
    client_->fail(slot_, error);
    done();
}

// The client has its reply; back to the free list once the link owes nothing either.
void mapped_read::done() {
    answered_ = true;
    if (open_requests_ > 0) return;
    last_fill_ = {};
    constexpr std::size_t keep = 4096;
    if (frame_.capacity() > keep) std::string().swap(frame_);
    if (reply_.capacity() > keep) std::string().swap(reply_);
    copy_.rest();
    home_.free_.push_back(this);
}

}  // namespace respgres::proxy
