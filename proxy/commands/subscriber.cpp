#include "proxy/commands/subscriber.hpp"

#include "proxy/commands/reply_bytes.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace respgres::proxy {

namespace {

// RESP2's array as RESP3's push. An error stays one.
std::string as_push(std::string bytes) {
    if (bytes.starts_with('*')) bytes[0] = '>';
    return bytes;
}

// The same for a confirmation, which names no channel when there was none: another null.
std::string as_confirmation(std::string bytes) {
    constexpr std::string_view command = "unsubscribe\r\n", null = "$-1\r\n";
    constexpr std::size_t longest_header = 10;   // "*3\r\n$12\r\np"
    const auto at = bytes.find(command);
    const auto channel = at + command.size();
    if (at <= longest_header && bytes.compare(channel, null.size(), null) == 0) bytes.replace(channel, null.size(), "_\r\n");
    return as_push(std::move(bytes));
}

}  // namespace

boost::asio::awaitable<std::optional<std::string>> subscriber::open() {
    if (upstream_ != nullptr) co_return std::nullopt;
    auto taken = co_await services_.dedicated.take(client_.database(), protocol::resp_version::resp2, settings_of(client_));
    if (taken.has_error()) co_return error_reply(dedicated_failure_text(taken.error()));
    upstream_ = std::move(taken.value());
    upstream_->set_user(this);
    upstream_->wire().expect_messages(true);
    co_return std::nullopt;
}

void subscriber::release(bool is_clean) {
    if (upstream_ != nullptr) services_.dedicated.give_back(std::move(upstream_), is_clean);
}

void subscriber::close() {
    channels_.clear();
    patterns_.clear();
    shard_channels_.clear();
    tell_counts();
    release(false);
}

// To CLIENT LIST.
void subscriber::tell_counts() {
    const auto count = [](const names& known) { return static_cast<std::uint32_t>(known.size()); };
    client_.record().set_subscribed({count(channels_), count(patterns_), count(shard_channels_)});
}

subscriber::names& subscriber::names_of(std::string_view command) {
    if (command.starts_with("ps") || command.starts_with("pu")) return patterns_;
    return command.starts_with("ss") || command.starts_with("sun") ? shard_channels_ : channels_;
}

void subscriber::change(session::sequence slot, std::string_view name, const std::vector<std::string>& channels) {
    names& known = names_of(name);
    const bool ends = name.find("unsub") != std::string_view::npos;
    std::vector<std::string> changed = channels;
    if (ends && changed.empty()) changed.assign(known.begin(), known.end());
    std::string commands;
    for (const std::string& each : changed) {
        const std::array<std::string_view, 2> words{name, each};
        protocol::append_command(commands, words);
        if (ends)
            known.erase(each);
        else
            known.insert(each);
    }
    tell_counts();
    if (changed.empty()) protocol::append_command(commands, name);   // Redis confirms even that there was nothing
    const std::size_t count = std::max<std::size_t>(changed.size(), 1);
    confirmations_.push_back({slot, count});
    upstream_->wire().send(commands, *this, slot, static_cast<std::uint32_t>(count));
}

void subscriber::on_reply(std::uint64_t, std::string_view bytes, bool complete) {
    reply_.append(bytes);
    if (!complete) return;
    const std::string whole = std::exchange(reply_, {});
    const session::sequence slot = confirmations_.front().slot;
    client_.append(slot, client_takes_pushes() ? as_confirmation(whole) : whole);
    if (--confirmations_.front().left > 0) return;
    confirmations_.pop_front();
    if (!is_active() && confirmations_.empty()) release(true);
    client_.finish(slot);
}

// Told once for all the replies of one command.
void subscriber::on_failure(std::uint64_t, const backends::failure& why) {
    reply_.clear();
    const session::sequence slot = confirmations_.front().slot;
    confirmations_.pop_front();
    client_.fail(slot, redis_failure_text(why, false));
}

// A subscriber that misses messages must know. It will connect and subscribe again, as it does when Redis itself goes.
void subscriber::on_broken(const backends::failure&) {
    client_.close_now();
}

void subscriber::on_message(std::string_view bytes, bool complete) {
    message_.append(bytes);
    if (!complete) return;
    std::string whole = std::exchange(message_, {});
    client_.push(client_takes_pushes() ? as_push(std::move(whole)) : whole);
}

}  // namespace respgres::proxy
