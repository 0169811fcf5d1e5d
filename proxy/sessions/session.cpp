#include "proxy/sessions/session.hpp"

#include "proxy/sessions/error_replies.hpp"

#include <algorithm>

namespace respgres::proxy {

namespace {

using std::chrono::steady_clock;
using status = net::transfer::status;

constexpr std::size_t max_slots = 16'384;                // commands of one client under way
constexpr std::size_t max_bytes_under_way = 16 * 1024 * 1024;   // of their bytes, which wait in a link while Redis does not take them
constexpr std::size_t keep_capacity = 16 * 1024;         // larger buffers are given back when they are empty
constexpr std::chrono::seconds drain_limit{2};           // for a client to close its side after ours is closed
constexpr std::size_t gather_from = 8 * 1024;            // replies of fewer bytes are copied together
constexpr std::size_t unauthenticated_output =
    4 * 1024; // at least little_output: errors that wait for a client before it has authenticated

void release_if_large(std::string& buffer) {
    if (buffer.empty() && buffer.capacity() > keep_capacity) std::string().swap(buffer);
}

protocol::request_limits limits_of(const conf::server_settings& settings) {
    protocol::request_limits limits;
    limits.max_arguments = settings.max_arguments;
    limits.max_bulk = settings.max_bulk;
    limits.max_command = settings.max_command;
    return limits;
}

}  // namespace

session::session(net::channel socket, std::shared_ptr<client_record> record, net::poller& poller, command_sink& commands,
                 session_owner& owner, const conf::server_settings& limits)
    : socket_(std::move(socket)),
      record_(std::move(record)),
      poller_(poller),
      commands_(commands),
      owner_(owner),
      limits_(limits),
      parser_(limits_of(limits)) {
    poller_.add(socket_.fd(), *this, watched_.read, watched_.write);
}

session::~session() {
    state_.reset();   // it may refer to everything else
    poller_.forget_flush(*this);
    if (socket_.is_open()) poller_.remove(socket_.fd(), *this);
}

void session::set_version(protocol::resp_version version) {
    version_ = version;
    record_->version.store(static_cast<std::uint8_t>(version), std::memory_order_relaxed);
}

void session::set_database(std::uint32_t database) {
    database_ = database;
    record_->database.store(database, std::memory_order_relaxed);
}

void session::set_user(std::shared_ptr<redis_identity> who) {
    set_user(&who->who);
    at_redis_ = std::move(who);
}

void session::set_user(const user* who) {
    user_ = who;
    at_redis_.reset();
    user_since_ = std::chrono::steady_clock::now();
    parser_.set_limits(is_authenticated() ? limits_of(limits_) : protocol::unauthenticated_limits);
    record_->set_user(who == nullptr || !who->is_authenticated() ? "default" : who->name);
}

std::size_t session::memory() const {
    return sizeof *this + input_.capacity() + output_.capacity() + replies_.held_bytes();
}

// --- reading -------------------------------------------------------------------------------------------------------------------

void session::on_ready(net::readiness told) {
    const net::readiness ready = socket_.allowed_by(told);
    if (ready.broken && !reads_) return close_now();   // nobody is there to take a reply
    if (ready.writable && writes_) write();
    if (ready.readable && reads_ && phase_ != phase::closed) read();
}

void session::read() {
    const auto scratch = poller_.scratch();
    const net::transfer got = socket_.receive(scratch);
    if (got.state == status::waits) return update_interest();
    if (got.state == status::failed) return close_now();
    if (phase_ == phase::draining) return got.state == status::ended ? close_now() : update_interest();
    if (got.state == status::ended) {
        // The client may have closed its sending side only (printf ... | nc): what it asked is still answered.
        end_of_input_ = true;
        input_.clear();
        if (state_) state_->on_client_gone();
        return close_after_replies();
    }
    if (phase_ != phase::open) return;
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(poller_.now().time_since_epoch());
    record_->last_active_ms.store(now_ms.count(), std::memory_order_relaxed);
    const std::string_view bytes(scratch.data(), got.bytes);
    if (input_.empty() && may_parse()) {
        const std::size_t consumed = parse(bytes);
        if (consumed < bytes.size() && phase_ == phase::open) input_.append(bytes.substr(consumed));
    } else {
        input_.append(bytes);
        parse_input();
    }
    renew_interest();
}

void session::parse_input() {
    if (parsing_ || !may_parse() || input_.empty()) return;
    const std::size_t consumed = parse(input_);
    if (phase_ != phase::open)
        input_.clear();
    else
        input_.erase(0, consumed);
    release_if_large(input_);
}

// Carries out the commands at the front of `input` and returns how many bytes they were.
std::size_t session::parse(std::string_view input) {
    using parsed = protocol::request_parser::status;
    parsing_ = true;
    std::size_t consumed = 0;
    parsed last = parsed::nothing;
    while (consumed < input.size() && may_parse() && may_read()) {
        if (may_answer_front()) {
            const std::size_t answered = commands_.answer_front(*this, input.substr(consumed));
            if (answered > 0) {
                last = parsed::command;
                consumed += answered;
                continue;
            }
        }
        last = parser_.next(input.substr(consumed));
        if (last == parsed::incomplete || last == parsed::error) break;
        const std::size_t length = parser_.consumed();
        if (last == parsed::command &&
            commands_.on_command(*this, parser_.arguments(), parser_.frame()) == command_sink::verdict::after_replies) {
            waits_for_replies_ = true;
            break;
        }
        consumed += length;
        if (!replies_.empty()) bytes_under_way_ += length;
    }
    parsing_ = false;
    if (last == parsed::error && phase_ == phase::open) protocol_failure(parser_.error());
    tell_owner_if_done();
    if (last != parsed::incomplete)
        partial_since_ = {};
    else if (partial_since_ == steady_clock::time_point{} || consumed > 0)
        partial_since_ = poller_.now();
    return consumed;
}

bool session::may_parse() const {
    return phase_ == phase::open && paused_ == 0 && !waits_for_replies_;
}

std::size_t session::soft_limit() const {
    return is_authenticated() ? limits_.output_soft_limit : std::min(unauthenticated_output, limits_.output_soft_limit);
}

bool session::is_full() const {
    return waiting_output() > soft_limit() || replies_.size() >= max_slots || bytes_under_way_ >= max_bytes_under_way;
}

void session::protocol_failure(const std::string& error) {
    commands_.on_protocol_error(*this, error);
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
    if (answers_ == replies::on) [[likely]]
        return replies_.open();
    if (answers_ == replies::skip_next) answers_ = replies::on;
    return replies_.open_muted();
}

void session::set_replies(replies wanted) {
    if (wanted != replies::skip_next || answers_ != replies::off) answers_ = wanted;
}

void session::append(sequence slot, std::string_view bytes) {
    if (phase_ == phase::closed) return;
    replies_.append(slot, bytes, output_);
    poller_.defer_flush(*this);
}

void session::finish(sequence slot) {
    replies_.finish(slot, output_);
    after_reply();
}

void session::after_reply() {
    if (replies_.empty()) {
        bytes_under_way_ = 0;
        if (waits_for_replies_) [[unlikely]] {
            release_pushed();
            waits_for_replies_ = false;
            parse_input();
        }
    }
    if (!pushed_.empty()) [[unlikely]]
        release_pushed();
    if (phase_ == phase::closed) [[unlikely]]
        return tell_owner_if_done();
    poller_.defer_flush(*this);
}

void session::push(std::string_view message) {
    if (phase_ == phase::closed) return;
    pushed_.append(message);
    release_pushed();
    poller_.defer_flush(*this);
}

void session::push_invalidation(std::string_view message) {
    push(message);
    if (phase_ != phase::closed) replies_.add_behind_held(message);
}

void session::release_pushed() {
    if (pushed_.empty() || replies_.is_leaving()) return;
    output_.append(pushed_);
    pushed_.clear();
}

void session::answer(sequence slot, std::string_view bytes) {
    append(slot, bytes);
    finish(slot);
}

void session::answer_at_once(std::string_view reply) {
    if (!may_send_at_once()) {
        output_.append(reply);
        return poller_.defer_flush(*this);
    }
    const net::transfer sent = socket_.send(reply);
    if (sent.state == status::done && sent.bytes == reply.size()) [[likely]] {
        blocked_since_ = {};
        return;
    }
    output_.append(reply.substr(sent.bytes));
    if (take_sent(sent)) poller_.defer_flush(*this);
}

// Many small replies are copied together; large ones leave from where they are, and of them only what the socket does not take is copied.
void session::answer_at_once(std::span<const iovec> given, std::size_t bytes) {
    const bool is_copied = bytes < gather_from || !may_send_at_once();
    const net::transfer sent = is_copied ? net::transfer{status::done} : socket_.send(given);
    std::size_t taken = sent.bytes;
    for (const iovec& reply : given) {
        const std::size_t gone = std::min(taken, reply.iov_len);
        taken -= gone;
        output_.append(static_cast<const char*>(reply.iov_base) + gone, reply.iov_len - gone);
    }
    if (take_sent(sent) && !output_.empty()) poller_.defer_flush(*this);
}

void session::fail(sequence slot, std::string_view error) {
    if (replies_.has_begun(slot)) {
        close_now();
        return finish(slot);
    }
    replies_.discard(slot);
    std::string text;
    protocol::reply_writer(text, version_).error(error);
    answer(slot, text);
}

void session::on_reply(std::uint64_t token, std::string_view bytes, bool complete) {
    const sequence slot = token / 2;
    if (complete && phase_ != phase::closed && replies_.take_due(slot, bytes, output_)) [[likely]]
        return after_reply();
    append(slot, bytes);
    if (complete) finish(slot);
}

void session::on_failure(std::uint64_t token, const backends::failure& why) {
    fail(token / 2, redis_failure_text(why, (token & 1) != 0));
}

// --- writing -------------------------------------------------------------------------------------------------------------------

void session::flush() {
    if (phase_ == phase::closed || phase_ == phase::draining) return;
    if (!writes_)
        write();
    else if (waiting_output() > limits_.output_hard_limit)
        close_now();   // replies to what it had asked before it was read no more still come
}

void session::write() {
    while (written_ < output_.size()) {
        const net::transfer sent = socket_.send(std::string_view(output_).substr(written_));
        if (sent.state == status::done) written_ += sent.bytes;
        if (!take_sent(sent)) return;
    }
    forget_output();
    writes_ = false;
    if (phase_ == phase::open && !input_.empty()) parse_input();   // what waited for room
    if (phase_ == phase::closing) return finish_closing();
    renew_interest();
}

// What became of an attempt to write. False: no more can be written now.
bool session::take_sent(const net::transfer& sent) {
    if (sent.state == status::done) [[likely]] {
        blocked_since_ = {};
        return true;
    }
    if (sent.state != status::waits || waiting_output() > limits_.output_hard_limit) {
        close_now();
        return false;
    }
    if (blocked_since_ == steady_clock::time_point{}) blocked_since_ = poller_.now();
    writes_ = true;
    update_interest();
    return false;
}

void session::forget_output() {
    output_.clear();
    release_if_large(output_);
    written_ = 0;
}

void session::update_interest() {
    if (phase_ == phase::closed) return;
    const bool full = !may_read() || (!may_parse() && input_.size() > soft_limit());
    const bool wants_read = !end_of_input_ && (phase_ == phase::draining || (phase_ == phase::open && !full));
    reads_ = wants_read;
    const net::interest wanted = socket_.watch_for(reads_, writes_);
    if (wanted == watched_) return;
    watched_ = wanted;
    poller_.change(socket_.fd(), *this, wanted.read, wanted.write);
}

// --- closing -------------------------------------------------------------------------------------------------------------------

void session::close_after_replies() {
    if (phase_ != phase::open) return;
    phase_ = phase::closing;
    input_.clear();
    update_interest();
    poller_.defer_flush(*this);
}

// All replies have left: our side is closed, and the client's bytes are read and dropped until it closes its own. Closing at once with unread bytes would
// send a reset, which can overtake the last reply.
void session::finish_closing() {
    if (!replies_.empty()) return update_interest();
    if (end_of_input_) return close_now();
    phase_ = phase::draining;
    closing_since_ = poller_.now();
    socket_.end_sending();
    update_interest();
}

void session::close_now() {
    if (phase_ == phase::closed) return;
    phase_ = phase::closed;
    if (state_) state_->on_client_gone();
    poller_.forget_flush(*this);
    poller_.remove(socket_.fd(), *this);
    socket_.close();
    input_.clear();
    output_.clear();
    written_ = 0;
    tell_owner_if_done();
}

void session::tell_owner_if_done() {
    if (phase_ != phase::closed || told_owner_ || parsing_ || !replies_.empty()) return;
    told_owner_ = true;
    owner_.on_closed(*this);
}

// It has sent nothing for idle_timeout, and nothing is due to it.
bool session::is_idle(steady_clock::time_point now) const {
    if (limits_.idle_timeout.count() == 0 || phase_ != phase::open || !replies_.empty() || (state_ && state_->may_idle())) return false;
    const auto active = record_->last_active_ms.load(std::memory_order_relaxed);
    const auto since = active == 0 ? record_->since : steady_clock::time_point(std::chrono::milliseconds(active));
    return now - since > limits_.idle_timeout;
}

void session::check_time_limits(steady_clock::time_point now) {
    if (state_) state_->check_time_limit(now);
    if (at_redis_ && at_redis_->revoked) return close_now();
    const auto longer = [now](steady_clock::time_point since, std::chrono::milliseconds limit) {
        return since != steady_clock::time_point{} && limit.count() > 0 && now - since > limit;
    };
    if (phase_ == phase::open && longer(partial_since_, limits_.request_timeout))
        protocol_failure("ERR Protocol error: the rest of the command did not arrive within " +
                         std::to_string(limits_.request_timeout.count()) + " ms");
    else if (phase_ == phase::open && user_ != nullptr && longer(user_since_, user_->longest_stay))
        protocol_failure("ERR no authentication within " + std::to_string(user_->longest_stay.count()) + " ms");
    else if (is_idle(now))
        close_now();  // without a word, as Redis does
    else if (phase_ != phase::closed && longer(blocked_since_, limits_.write_timeout))
        close_now();
    else if (phase_ == phase::draining && longer(closing_since_, drain_limit))
        close_now();
}

}  // namespace respgres::proxy
