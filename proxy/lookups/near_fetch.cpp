#include "proxy/lookups/near_fetch.hpp"

#include "protocol/commands/empty_reply.hpp"
#include "proxy/lookups/key_command.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <chrono>

namespace respgres::proxy {

namespace {

// Of a key that does not expire: what Redis does not tell of, it does not change.
constexpr std::chrono::hours longest_life{24};

}  // namespace

bool near_fetches::start(session& client, std::string_view key) {
    if (free_.empty()) {
        all_.push_back(std::make_unique<near_fetch>(*this));
        free_.push_back(all_.back().get());
    }
    if (!free_.back()->start(client, key)) return false;
    free_.pop_back();
    return true;
}

bool near_fetch::start(session& client, std::string_view key) {
    redis::link& link = home_.near_.link();
    if (!link.send(command_on("GET", key), *this, get)) return false;
    client_ = &client;
    slot_ = client.open_slot();
    key_.assign(key);
    reply_.clear();
    ttl_reply_.clear();
    is_passing_ = false;
    copy_.begin(std::chrono::steady_clock::now());
    home_.near_.stats().misses.add();
    client.begin_near_read();
    open_requests_ = 1;
    if (link.send(command_on("PTTL", key), *this, pttl)) ++open_requests_;
    return true;
}

void near_fetch::on_reply(std::uint64_t token, std::string_view bytes, bool complete) {
    if (token == pttl) return take_ttl(bytes, complete);
    copy_.take(home_.near_, key_, bytes, complete);
    if (reply_.empty() && !is_passing_) is_passing_ = protocol::begins_present_bulk(bytes);
    take_reply(bytes, complete);
}

// The connection speaks RESP3, in which nothing but the null differs.
void near_fetch::take_reply(std::string_view bytes, bool complete) {
    if (is_passing_)
        client_->append(slot_, bytes);
    else
        reply_.append(bytes);
    if (!complete) return;
    if (reply_ == "_\r\n" && client_->version() == protocol::resp_version::resp2) reply_ = "$-1\r\n";
    client_->end_near_read();
    client_->append(slot_, reply_);
    client_->finish(slot_);
    on_done();
}

void near_fetch::take_ttl(std::string_view bytes, bool complete) {
    ttl_reply_.append(bytes);
    if (!complete) return;
    const std::int64_t left = time_to_live_in(ttl_reply_);
    if (copy_.may_be_kept() && left != -2)
        copy_.keep(home_.near_, nullptr, key_, left < 0 ? std::chrono::milliseconds(longest_life) : std::chrono::milliseconds(left));
    on_done();
}

void near_fetch::on_failure(std::uint64_t token, const backends::failure& why) {
    copy_.forget();
    if (token == get) {
        client_->end_near_read();
        redis::link& other = home_.links_.get(client_->database(), client_->version());
        const bool goes_on = !is_passing_ && other.send(command_on("GET", key_), *client_, session::token_of(slot_, false));
        if (!goes_on) client_->fail(slot_, redis_failure_text(why, false));
    }
    on_done();
}

void near_fetch::on_done() {
    if (--open_requests_ > 0) return;
    copy_.rest();
    home_.free_.push_back(this);
}

}  // namespace respgres::proxy
