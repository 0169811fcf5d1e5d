#include "proxy/sessions/session.hpp"

#include "proxy/sessions/error_replies.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace respgres::proxy {

namespace {

using std::chrono::steady_clock;
using status = net::transfer::status;

constexpr std::size_t max_slots = 16'384;                // commands of one client under way
constexpr std::size_t max_bytes_under_way = 16 * 1024 * 1024;   // of their bytes, which wait in a link while Redis does not take them
constexpr std::size_t keep_capacity = 16 * 1024;         // larger buffers are given back when they are empty
constexpr std::chrono::seconds drain_limit{2};           // for a client to close its side after ours is closed
constexpr std::size_t gather_from = 8 * 1024;            // replies of fewer bytes are copied together
constexpr std::size_t gather_until = 64 * 1024;          // so much of a reply waits for its end
constexpr std::size_t unauthenticated_output =
    4 * 1024; // at least little_output: errors that wait for a client before it has authenticated

void release_if_large(std::string& buffer) {
    if (buffer.empty() && buffer.capacity() > keep_capacity) std::string().swap(buffer);
}

}  // namespace

session::session(net::channel socket, client_record_ptr record, session_environment& environment)
    : socket_(std::move(socket)), record_(std::move(record)), environment_(environment), traffic_(&environment.pool.nothing()) {
    poller().add(socket_.fd(), *this, watched_.read, watched_.write);
}

session::~session() {
    set_state(nullptr);   // it may refer to everything else
    poller().forget_flush(*this);
    if (socket_.is_open()) poller().remove(socket_.fd(), *this);
    give_traffic_back();
}

// Before anything of it is changed.
void session::take_traffic() {
    traffic_ = environment_.pool.take().release();
    is_awake_ = true;
    if (!is_authenticated()) [[unlikely]]
        traffic_->parser.set_limits(protocol::unauthenticated_limits);
}

void session::give_traffic_back() {
    if (!is_awake_) return;
    const bool is_over = traffic_->is_over();
    std::unique_ptr<traffic> gone(std::exchange(traffic_, &environment_.pool.nothing()));
    is_awake_ = false;
    if (!is_over) return;
    if (!is_authenticated()) [[unlikely]]
        gone->parser.set_limits(limits_of(limits()));
    environment_.pool.give_back(std::move(gone));
}

void session::set_version(protocol::resp_version version) {
    version_ = version;
    record_->version.store(static_cast<std::uint8_t>(version), std::memory_order_relaxed);
}

void session::set_database(std::uint32_t database) {
    database_ = database;
    record_->database.store(database, std::memory_order_relaxed);
}

session::particulars& session::particular() {
    if (!particulars_) particulars_ = std::make_unique<particulars>();
    return *particulars_;
}

void session::set_state(std::unique_ptr<session_state> state) {
    if (state || particulars_) particular().state = std::move(state);
}

void session::set_after(change_stream::lsn position) {
    if (position != change_stream::lsn{} || particulars_) particular().after = position;
}

void session::set_user(std::shared_ptr<redis_identity> who) {
    set_user(&who->who);
    particular().at_redis = std::move(who);
}

void session::set_user(const user* who) {
    if (who != nullptr || particulars_) {
        particular().who = who;
        particular().at_redis.reset();
        particular().user_since = steady_clock::now();
    }
    if (is_awake_) traffic_->parser.set_limits(is_authenticated() ? limits_of(limits()) : protocol::unauthenticated_limits);
    record_->set_user(who == nullptr || !who->is_authenticated() ? "default" : who->name);
}

std::size_t session::memory() const {
    return sizeof *this + (particulars_ ? sizeof *particulars_ : 0) + (is_awake_ ? traffic_->memory() : 0);
}

// --- reading -------------------------------------------------------------------------------------------------------------------

void session::on_ready(net::readiness told) {
    const net::readiness ready = socket_.allowed_by(told);
    if (ready.broken && !reads_) return close_now();   // nobody is there to take a reply
    if (ready.writable && writes_) write();
    if (ready.readable && reads_ && phase_ != phase::closed) read();
    rest();
}

void session::read() {
    const auto scratch = poller().scratch();
    const net::transfer got = socket_.receive(scratch);
    if (got.state == status::waits) return update_interest();
    if (got.state == status::failed) return close_now();
    if (phase_ == phase::draining) return got.state == status::ended ? close_now() : update_interest();
    if (got.state == status::ended) {
        // The client may have closed its sending side only (printf ... | nc): what it asked is still answered.
        end_of_input_ = true;
        traffic_->input.clear();
        if (session_state* const mine = state()) mine->on_client_gone();
        return close_after_replies();
    }
    if (phase_ != phase::open) return;
    record_->last_active.store(poller().now(), std::memory_order_relaxed);
    const std::string_view bytes(scratch.data(), got.bytes);
    if (traffic_->input.empty() && may_parse()) {
        const std::size_t consumed = parse(bytes);
        if (consumed < bytes.size() && phase_ == phase::open) keep_input(bytes.substr(consumed));
    } else {
        keep_input(bytes);
        parse_input();
    }
    renew_interest();
}

void session::keep_input(std::string_view bytes) {
    wake();
    traffic_->input.append(bytes);
}

void session::parse_input() {
    if (parsing_ || !may_parse() || traffic_->input.empty()) return;
    const std::size_t consumed = parse(traffic_->input);
    if (phase_ != phase::open)
        traffic_->input.clear();
    else
        traffic_->input.erase(0, consumed);
    release_if_large(traffic_->input);
}

// Carries out the commands at the front of `input` and returns how many bytes they were.
std::size_t session::parse(std::string_view input) {
    using parsed = protocol::request_parser::status;
    parsing_ = true;
    std::size_t consumed = 0;
    parsed last = parsed::nothing;
    while (consumed < input.size() && may_parse() && may_read()) {
        if (needs_no_parser()) {
            const std::size_t taken = environment_.commands.take_front(*this, input.substr(consumed));
            if (taken > 0) {
                last = parsed::command;
                consumed += taken;
                if (!traffic_->replies.empty()) traffic_->bytes_under_way += taken;
                continue;
            }
        }
        wake();
        last = traffic_->parser.next(input.substr(consumed));
        if (last == parsed::incomplete || last == parsed::error) break;
        const std::size_t length = traffic_->parser.consumed();
        if (last == parsed::command && environment_.commands.on_command(*this, traffic_->parser.arguments(), traffic_->parser.frame()) ==
                                           command_sink::verdict::after_replies) {
            waits_for_replies_ = true;
            break;
        }
        consumed += length;
        if (!traffic_->replies.empty()) traffic_->bytes_under_way += length;
    }
    parsing_ = false;
    if (last == parsed::error && phase_ == phase::open) protocol_failure(traffic_->parser.error());
    tell_owner_if_done();
    if (last != parsed::incomplete)
        traffic_->partial_since = {};
    else if (traffic_->partial_since == steady_clock::time_point{} || consumed > 0)
        traffic_->partial_since = poller().now();
    return consumed;
}

bool session::may_parse() const {
    return phase_ == phase::open && paused_ == 0 && !waits_for_replies_;
}

std::size_t session::soft_limit() const {
    return is_authenticated() ? limits().output_soft_limit : std::min(unauthenticated_output, limits().output_soft_limit);
}

bool session::is_full() const {
    return waiting_output() > soft_limit() || traffic_->replies.size() >= max_slots || traffic_->bytes_under_way >= max_bytes_under_way;
}

void session::protocol_failure(const std::string& error) {
    environment_.commands.on_protocol_error(*this, error);
    std::string text;
    protocol::reply_writer(text, version_).error(error);
    answer(open_slot(), text);
    close_after_replies();
}

void session::resume() {
    --paused_;
    parse_input();
    update_interest();
}

// --- answering -----------------------------------------------------------------------------------------------------------------

session::sequence session::open_slot() {
    wake();
    if (answers_ == replies::on) [[likely]]
        return traffic_->replies.open();
    if (answers_ == replies::skip_next) answers_ = replies::on;
    return traffic_->replies.open_muted();
}

void session::set_replies(replies wanted) {
    if (wanted != replies::skip_next || answers_ != replies::off) answers_ = wanted;
}

void session::append(sequence slot, std::string_view bytes) {
    if (phase_ == phase::closed) return;
    traffic_->replies.append(slot, bytes, traffic_->output);
    poller().defer_flush(*this);
}

void session::finish(sequence slot) {
    traffic_->replies.finish(slot, traffic_->output);
    after_reply();
}

void session::after_reply() {
    if (traffic_->replies.empty()) {
        traffic_->bytes_under_way = 0;
        if (waits_for_replies_) [[unlikely]] {
            release_pushed();
            waits_for_replies_ = false;
            parse_input();
        }
    }
    if (!traffic_->pushed.empty()) [[unlikely]]
        release_pushed();
    if (phase_ == phase::closed) [[unlikely]]
        return tell_owner_if_done();
    poller().defer_flush(*this);
}

void session::push(std::string_view message) {
    if (phase_ == phase::closed) return;
    wake();
    traffic_->pushed.append(message);
    release_pushed();
    poller().defer_flush(*this);
}

void session::push_invalidation(std::string_view message) {
    push(message);
    if (phase_ != phase::closed) traffic_->replies.add_behind_held(message);
}

void session::release_pushed() {
    if (traffic_->pushed.empty() || traffic_->replies.is_leaving()) return;
    traffic_->output.append(traffic_->pushed);
    traffic_->pushed.clear();
}

void session::answer(sequence slot, std::string_view bytes) {
    if (phase_ != phase::closed && traffic_->replies.take_due(slot)) [[likely]] {
        // The client waits for nothing else, and no other reply can follow at once: it leaves from where it lies.
        if (!parsing_ && traffic_->replies.empty())
            answer_at_once(bytes);
        else
            traffic_->output.append(bytes);
        return after_reply();
    }
    append(slot, bytes);
    finish(slot);
}

void session::answer_parts(sequence slot, std::span<const iovec> parts) {
    if (phase_ != phase::closed && !parsing_ && traffic_->replies.size() == 1 && may_send_at_once() && traffic_->replies.take_due(slot)) {
        send_parts(parts);
        return after_reply();
    }
    for (const iovec& part : parts) append(slot, {static_cast<const char*>(part.iov_base), part.iov_len});
    finish(slot);
}

void session::keep_output(std::string_view bytes) {
    wake();
    traffic_->output.append(bytes);
}

void session::answer_at_once(std::string_view reply) {
    if (!may_send_at_once()) {
        keep_output(reply);
        return poller().defer_flush(*this);
    }
    const net::transfer sent = socket_.send(reply);
    if (sent.state == status::done && sent.bytes == reply.size()) [[likely]] {
        traffic_->blocked_since = {};
        return;
    }
    keep_output(reply.substr(sent.bytes));
    if (take_sent(sent)) poller().defer_flush(*this);
}

// Many small replies are copied together; large ones leave from where they are.
void session::answer_at_once(std::span<const iovec> given, std::size_t bytes) {
    if (bytes >= gather_from || !may_send_at_once()) return answer_some(given, bytes);
    std::array<char, gather_from> gathered;
    char* end = gathered.data();
    for (const iovec& reply : given) end = static_cast<char*>(::mempcpy(end, reply.iov_base, reply.iov_len));
    answer_at_once(std::string_view(gathered.data(), bytes));
}

void session::answer_some(std::span<const iovec> given, std::size_t bytes) {
    if (bytes >= gather_from && may_send_at_once()) return send_parts(given);
    for (const iovec& reply : given) keep_output({static_cast<const char*>(reply.iov_base), reply.iov_len});
    poller().defer_flush(*this);
}

// Of them only what the socket does not take is copied.
void session::send_parts(std::span<const iovec> given) {
    const net::transfer sent = socket_.send(given);
    std::size_t taken = sent.bytes;
    for (const iovec& reply : given) {
        const std::size_t gone = std::min(taken, reply.iov_len);
        taken -= gone;
        keep_output({static_cast<const char*>(reply.iov_base) + gone, reply.iov_len - gone});
    }
    if (take_sent(sent) && !traffic_->output.empty()) poller().defer_flush(*this);
}

void session::fail(sequence slot, std::string_view error) {
    if (traffic_->replies.has_begun(slot)) {
        close_now();
        return finish(slot);
    }
    traffic_->replies.discard(slot);
    std::string text;
    protocol::reply_writer(text, version_).error(error);
    answer(slot, text);
}

void session::on_reply(std::uint64_t token, std::string_view bytes, bool complete) {
    const sequence slot = token / 2;
    if (complete) [[likely]]
        return answer(slot, bytes);
    if (phase_ == phase::closed) return;
    traffic_->replies.append(slot, bytes, traffic_->output);
    // The rest is about to come: both leave together, unless they are much.
    if (waiting_output() >= gather_until) poller().defer_flush(*this);
}

void session::on_failure(std::uint64_t token, const backends::failure& why) {
    fail(token / 2, redis_failure_text(why, (token & 1) != 0));
}

// --- writing -------------------------------------------------------------------------------------------------------------------

void session::flush() {
    if (phase_ == phase::closed || phase_ == phase::draining) return;
    if (!writes_)
        write();
    else if (waiting_output() > limits().output_hard_limit)
        close_now();   // replies to what it had asked before it was read no more still come
    rest();
}

void session::write() {
    while (traffic_->written < traffic_->output.size()) {
        const net::transfer sent = socket_.send(std::string_view(traffic_->output).substr(traffic_->written));
        if (sent.state == status::done) traffic_->written += sent.bytes;
        if (!take_sent(sent)) return;
    }
    forget_output();
    writes_ = false;
    if (phase_ == phase::open && !traffic_->input.empty()) parse_input();   // what waited for room
    if (phase_ == phase::closing) return finish_closing();
    renew_interest();
}

// What became of an attempt to write. False: no more can be written now.
bool session::take_sent(const net::transfer& sent) {
    if (sent.state == status::done) [[likely]] {
        traffic_->blocked_since = {};
        return true;
    }
    if (sent.state != status::waits || waiting_output() > limits().output_hard_limit) {
        close_now();
        return false;
    }
    if (traffic_->blocked_since == steady_clock::time_point{}) traffic_->blocked_since = poller().now();
    writes_ = true;
    update_interest();
    return false;
}

void session::forget_output() {
    traffic_->output.clear();
    release_if_large(traffic_->output);
    traffic_->written = 0;
}

void session::update_interest() {
    if (phase_ == phase::closed) return;
    const bool full = !may_read() || (!may_parse() && traffic_->input.size() > soft_limit());
    const bool wants_read = !end_of_input_ && (phase_ == phase::draining || (phase_ == phase::open && !full));
    reads_ = wants_read;
    const net::interest wanted = socket_.watch_for(reads_, writes_);
    if (wanted == watched_) return;
    watched_ = wanted;
    poller().change(socket_.fd(), *this, wanted.read, wanted.write);
}

// --- closing -------------------------------------------------------------------------------------------------------------------

void session::close_after_replies() {
    if (phase_ != phase::open) return;
    phase_ = phase::closing;
    traffic_->input.clear();
    update_interest();
    poller().defer_flush(*this);
}

// All replies have left: our side is closed, and the client's bytes are read and dropped until it closes its own. Closing at once with unread bytes would
// send a reset, which can overtake the last reply.
void session::finish_closing() {
    if (!traffic_->replies.empty()) return update_interest();
    if (end_of_input_) return close_now();
    phase_ = phase::draining;
    particular().closing_since = poller().now();
    socket_.end_sending();
    update_interest();
}

void session::close_now() {
    if (phase_ == phase::closed) return;
    phase_ = phase::closed;
    if (session_state* const mine = state()) mine->on_client_gone();
    poller().forget_flush(*this);
    poller().remove(socket_.fd(), *this);
    socket_.close();
    traffic_->input.clear();
    traffic_->output.clear();
    traffic_->written = 0;
    tell_owner_if_done();
}

void session::tell_owner_if_done() {
    if (phase_ != phase::closed || told_owner_ || parsing_ || !traffic_->replies.empty()) return;
    told_owner_ = true;
    environment_.owner.on_closed(*this);
}

// It has sent nothing for idle_timeout, and nothing is due to it.
bool session::is_idle(steady_clock::time_point now) const {
    if (limits().idle_timeout.count() == 0 || phase_ != phase::open || !traffic_->replies.empty()) return false;
    if (state() != nullptr && state()->may_idle()) return false;
    return now - record_->last_active.load(std::memory_order_relaxed) > limits().idle_timeout;
}

void session::check_time_limits(steady_clock::time_point now) {
    if (session_state* const mine = state()) mine->check_time_limit(now);
    if (at_redis() != nullptr && at_redis()->revoked) return close_now();
    const auto longer = [now](steady_clock::time_point since, std::chrono::milliseconds limit) {
        return since != steady_clock::time_point{} && limit.count() > 0 && now - since > limit;
    };
    if (phase_ == phase::open && longer(traffic_->partial_since, limits().request_timeout))
        protocol_failure("ERR Protocol error: the rest of the command did not arrive within " +
                         std::to_string(limits().request_timeout.count()) + " ms");
    else if (phase_ == phase::open && who() != nullptr && longer(particulars_->user_since, who()->longest_stay))
        protocol_failure("ERR no authentication within " + std::to_string(who()->longest_stay.count()) + " ms");
    else if (is_idle(now) ||  // without a word, as Redis does
             (phase_ != phase::closed && longer(traffic_->blocked_since, limits().write_timeout)) ||
             (phase_ == phase::draining && longer(particulars_->closing_since, drain_limit)))
        close_now();
}

}  // namespace respgres::proxy
