#include "backends/redis/client.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/evp.h>

#include <array>

namespace respgres::redis {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

// Collects the raw replies of one call and completes it. Lives until the link has delivered or failed all of them, also when nobody waits any more.
template <class Handler>
class collector final : public receiver {
public:
    collector(std::size_t expected, Handler handler) : expected_(expected), handler_(std::move(handler)), replies_(1) {}

    void on_reply(std::uint64_t, std::string_view bytes, bool complete) override {
        replies_.back().append(bytes);
        if (!complete) return;
        if (replies_.size() == expected_) return finish(outcome<raw_replies>(std::move(replies_)));
        replies_.emplace_back();
    }

    void on_failure(std::uint64_t, const failure& why) override { finish(outcome<raw_replies>(why)); }

private:
    void finish(outcome<raw_replies> result) {
        auto executor = asio::get_associated_executor(handler_);
        asio::post(executor, [handler = std::move(handler_), result = std::move(result)]() mutable { handler(std::move(result)); });
        delete this;
    }

    std::size_t expected_;
    Handler handler_;
    raw_replies replies_;
};

outcome<std::vector<reply>> parse(const raw_replies& raw) {
    std::vector<reply> parsed;
    for (const std::string& bytes : raw) {
        parsed.push_back(read_reply(bytes));
        if (!parsed.back()) return failure{make_error_code(errc::protocol_error), "a reply that hiredis cannot read", {}};
    }
    return parsed;
}

}  // namespace

asio::awaitable<outcome<raw_replies>> exchange(sender& over, std::string commands, std::size_t count) {
    auto initiate = [&over, &commands, count](auto handler) {
        auto* const waiting = new collector<decltype(handler)>(count, std::move(handler));  // deletes itself with its last reply or failure
        if (over.send(commands, *waiting, 0, static_cast<std::uint32_t>(count))) return;
        failure unsent = over.last_failure();  // its words; its code tells of earlier commands, not of these
        unsent.code = make_error_code(errc::not_connected);
        waiting->on_failure(0, unsent);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome<raw_replies>)>(initiate, asio::use_awaitable);
}

asio::awaitable<outcome<reply>> client::call(const arguments& words) {
    std::string command;
    format_command(command, words);
    auto raw = co_await exchange(over_, std::move(command), 1);
    if (raw.has_error()) co_return raw.error();
    auto parsed = parse(raw.value());
    if (parsed.has_error()) co_return parsed.error();
    co_return std::move(parsed.value().front());
}

asio::awaitable<outcome<std::vector<reply>>> client::call_all(const std::vector<arguments>& commands) {
    std::string formatted;
    for (const arguments& words : commands) format_command(formatted, words);
    auto raw = co_await exchange(over_, std::move(formatted), commands.size());
    if (raw.has_error()) co_return raw.error();
    co_return parse(raw.value());
}

std::string script_hash(std::string_view body) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int length = 0;
    EVP_Digest(body.data(), body.size(), digest.data(), &length, EVP_sha1(), nullptr);
    std::string hex;
    for (unsigned int i = 0; i < length; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[digest[i] >> 4];
        hex += digits[digest[i] & 15];
    }
    return hex;
}

asio::awaitable<outcome<reply>> run_script(client& redis, script what, const arguments& words) {
    arguments command{"EVALSHA", what.sha1};
    command.insert(command.end(), words.begin(), words.end());
    auto first = co_await redis.call(command);
    if (first.has_error() || !is_error(first.value()) || !text_of(*first.value()).starts_with("NOSCRIPT")) co_return std::move(first);
    command[0] = "EVAL";
    command[1] = what.body;
    co_return co_await redis.call(command);
}

}  // namespace respgres::redis
