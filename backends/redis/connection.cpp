#include "backends/redis/connection.hpp"

#include <array>
#include <utility>

namespace respgres::redis {

namespace {

using backends::errc;
using backends::failure;

constexpr std::size_t keep_output_capacity = 256 * 1024;

using status = net::transfer::status;

failure lost(std::string why) {
    return {make_error_code(errc::connection_lost), std::move(why), {}};
}

// How RESP2 begins what a subscriber gets.
constexpr std::array<std::string_view, 3> message_beginnings{"*3\r\n$7\r\nmessage\r\n", "*4\r\n$8\r\npmessage\r\n",
                                                             "*3\r\n$8\r\nsmessage\r\n"};

enum class guess : std::uint8_t { reply, message, undecided };

guess what_begins(std::string_view bytes) {
    for (const std::string_view beginning : message_beginnings) {
        if (bytes.starts_with(beginning)) return guess::message;
        if (beginning.starts_with(bytes)) return guess::undecided;
    }
    return guess::reply;
}

}  // namespace

connection::connection(net::poller& poller, link_stats& stats, owner& told) : poller_(poller), stats_(stats), owner_(told) {}

connection::~connection() {
    poller_.forget_flush(*this);
    if (!is_open()) return;
    poller_.remove(channel_.fd(), *this);
    stats_.connections.add(-1);
}

void connection::attach(net::channel opened) {
    channel_ = std::move(opened);
    framer_.reset();
    undecided_.clear();
    in_message_ = reply_started_ = expects_messages_ = wants_write_ = false;
    last_progress_ = std::chrono::steady_clock::now();
    stats_.connects.add();
    stats_.connections.add(1);
    watched_ = {};
    poller_.add(channel_.fd(), *this, watched_.read, watched_.write);
    if (!output_.empty()) poller_.defer_flush(*this);
}

void connection::send(std::string_view commands, receiver& to, std::uint64_t token, std::uint32_t replies) {
    if (pending_.empty()) last_progress_ = poller_.now();
    output_.append(commands);
    pending_.push({&to, token, output_end_, replies});
    output_end_ += commands.size();
    stats_.commands.add(replies);
    stats_.in_flight.add(replies);
    if (is_open()) poller_.defer_flush(*this);
}

void connection::flush() {
    if (is_open() && !wants_write_) write();
}

void connection::write() {
    while (written_ < output_.size()) {
        const net::transfer sent = channel_.send(std::string_view(output_).substr(written_));
        if (sent.state == status::waits) {
            drop_written();
            wants_write_ = true;
            return update_interest();
        }
        if (sent.state != status::done) return break_because(lost(channel_.why()));
        written_ += sent.bytes;
        stats_.bytes_sent.add(sent.bytes);
    }
    output_.clear();
    if (output_.capacity() > keep_output_capacity) output_.shrink_to_fit();
    written_ = 0;
    wants_write_ = false;
    update_interest();
}

// A server that never takes all that is there must not make the buffer grow by what it has taken; moving the rest only when it is the
// smaller part keeps the cost per byte constant.
void connection::drop_written() {
    if (written_ < output_.size() / 2) return;
    output_.erase(0, written_);
    written_ = 0;
}

void connection::update_interest() {
    const net::interest wanted = channel_.watch_for(true, wants_write_);
    if (wanted == watched_) return;
    watched_ = wanted;
    poller_.change(channel_.fd(), *this, wanted.read, wanted.write);
}

void connection::on_ready(net::readiness told) {
    const net::readiness ready = channel_.allowed_by(told);
    if (ready.readable) read();
    if (ready.writable && is_open() && wants_write_) write();
}

void connection::read() {
    const auto scratch = poller_.scratch();
    const net::transfer got = channel_.receive(scratch);
    if (!watched_.read) [[unlikely]]
        update_interest();   // TLS had to write first
    if (got.state == status::done) [[likely]] {
        stats_.bytes_received.add(got.bytes);
        last_progress_ = poller_.now();
        const std::string_view bytes(scratch.data(), got.bytes);
        if (undecided_.empty()) [[likely]]
            return deliver(bytes);
        const std::string joined = std::exchange(undecided_, {}).append(bytes);
        return deliver(joined);
    }
    if (got.state == status::waits) return update_interest();
    break_because(lost(got.state == status::ended ? "Redis closed the connection" : channel_.why()));
}

void connection::deliver(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!reply_started_ && !expects_messages_ && !pending_.empty()) {
            if (const std::size_t length = protocol::reply_framer::whole_reply(bytes); length > 0) [[likely]] {
                const std::string_view whole = bytes.substr(0, length);
                bytes.remove_prefix(length);
                hand_over(whole, true);
                if (!is_open()) return;
                continue;
            }
        }
        if (!reply_started_) {
            const guess first = expects_messages_ ? what_begins(bytes) : guess::reply;
            if (first == guess::undecided) {
                undecided_ = bytes;
                return;
            }
            reply_started_ = true;
            in_message_ = bytes.front() == '>' || first == guess::message;
        }
        const auto [length, status] = framer_.next(bytes);
        if (status == protocol::reply_framer::status::malformed || (!in_message_ && pending_.empty())) {
            stats_.protocol_errors.add();
            const std::string why =
                status == protocol::reply_framer::status::malformed ? std::string(framer_.error()) : "a reply that nobody asked for";
            return break_because({make_error_code(errc::protocol_error), "Redis sent " + why, {}});
        }
        const bool complete = status == protocol::reply_framer::status::complete;
        const std::string_view part = bytes.substr(0, length);
        bytes.remove_prefix(length);
        reply_started_ = !complete;
        if (in_message_) {
            owner_.on_message(part, complete);
        } else {
            hand_over(part, complete);
        }
        if (!is_open()) return;
    }
}

// The entry leaves the queue first: the receiver may send again, or close this, from within.
void connection::hand_over(std::string_view part, bool complete) {
    const auto entry = pending_.front();
    if (complete) {
        stats_.in_flight.add(-1);
        if (--pending_.front().replies == 0) pending_.pop();
    }
    entry.to->on_reply(entry.token, part, complete);
}

void connection::break_because(failure why) {
    owner_.on_broken(why);   // first: who is told by close() may try again, and must find the owner prepared
    close(why);
}

void connection::close(const failure& why) {
    const std::uint64_t written_to = output_end_ - queued_bytes();
    poller_.forget_flush(*this);
    if (is_open()) {
        poller_.remove(channel_.fd(), *this);
        channel_.close();
        stats_.connections.add(-1);
    }
    // Commands of which not a byte has left were certainly not carried out; of the others nobody knows.
    failure unsent = why;
    unsent.code = make_error_code(errc::not_connected);
    output_.clear();
    written_ = 0;
    const std::size_t count = pending_.size();   // a receiver may send again from within: that one is not of this connection
    for (std::size_t i = 0; i < count; ++i) {
        const auto entry = pending_.front();
        pending_.pop();
        stats_.in_flight.add(-static_cast<std::int64_t>(entry.replies));
        stats_.errors.add(entry.replies);
        entry.to->on_failure(entry.token, entry.begin < written_to ? why : unsent);
    }
}

}  // namespace respgres::redis
