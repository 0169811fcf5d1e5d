#include "backends/redis/handshake.hpp"

#include "backends/net/as_values.hpp"
#include "backends/redis/reply.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace respgres::redis {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::failure;
using backends::outcome;

constexpr std::size_t max_answer = 1024 * 1024;   // INFO's is some kilobytes

failure failed(errc code, std::string why) {
    return {make_error_code(code), std::move(why), {}};
}

// The commands of the handshake and how many replies they have.
std::size_t greeting(const link_settings& settings, std::string& out) {
    std::size_t commands = 0;
    const auto& redis = settings.redis;
    if (!redis.password.empty() || !redis.user.empty()) {   // a user may have the empty password
        if (redis.user.empty())
            format_command(out, {"AUTH", redis.password});
        else
            format_command(out, {"AUTH", redis.user, redis.password});
        ++commands;
    }
    format_command(out, {"CLIENT", "SETNAME", "respgres"});
    format_command(out, {"CLIENT", "ID"});
    format_command(out, {"PING"});   // tells a server that is loading, or that wants a password
    commands += 3;
    if (settings.database != 0) {
        const std::string number = std::to_string(settings.database);
        format_command(out, {"SELECT", number});
        ++commands;
    }
    // Asked while the connection still speaks RESP2, the only version that the hiredis of Debian 12 reads.
    format_command(out, {"INFO", "server"});
    return commands + 1;
}

std::string version_in(std::string_view info) {
    constexpr std::string_view label = "redis_version:";
    const auto at = info.find(label);
    if (at == std::string_view::npos) return {};
    const auto begin = at + label.size();
    return std::string(info.substr(begin, info.find('\r', begin) - begin));
}

// Reads `count` replies; an error reply fails the handshake, but an ACL may forbid all but SELECT (the last but one, if `selects`): without it
// the link would read and write another database than it is for.
asio::awaitable<outcome<greeted>> read_answers(net::stream& socket, std::size_t count, bool selects) {
    protocol::reply_framer framer;
    std::vector<char> buffer(net::channel::longest_record);
    std::string_view unread;
    std::string whole;
    greeted told;
    while (count > 0) {
        if (unread.empty()) {
            auto got = co_await socket.receive(buffer);
            if (got.has_error()) co_return got.error();
            unread = std::string_view(buffer.data(), got.value());
        }
        const auto piece = framer.next(unread);
        whole.append(unread.substr(0, piece.length));
        unread.remove_prefix(piece.length);
        if (piece.state == protocol::reply_framer::status::malformed || whole.size() > max_answer)
            co_return failed(errc::protocol_error, "what answers does not speak RESP");
        if (piece.state == protocol::reply_framer::status::incomplete) continue;
        --count;
        const reply answer = read_reply(whole);
        whole.clear();
        if (!answer) co_return failed(errc::protocol_error, "what answers does not speak RESP");
        const std::string_view text = text_of(*answer);
        const bool must_succeed = selects && count == 1;
        const bool optional = text.starts_with("NOPERM") || text.find("CLIENT") != std::string_view::npos;
        if (is_error(answer) && (must_succeed || !optional)) co_return failed(errc::server_error, std::string(text));
        if (answer->type == REDIS_REPLY_STRING) told.server_version = version_in(text);
        if (answer->type == REDIS_REPLY_INTEGER) told.id = static_cast<std::uint64_t>(answer->integer);
    }
    co_return std::move(told);
}

// Sends a command that leaves or finds the connection in RESP3, and skips the answer, which only our own framer can read. With reads tracked, Redis may
// tell of a FLUSHALL behind it: nothing was read yet, so that means nothing.
asio::awaitable<outcome<void>> ask_in_resp3(net::stream& socket, std::string command) {
    auto sent = co_await socket.send(command);
    if (sent.has_error()) co_return sent.error();
    protocol::reply_framer framer;
    std::vector<char> buffer(net::channel::longest_record);
    std::string answer;
    std::size_t taken = 0;
    bool is_answered = false;
    bool is_whole = true;
    while (!is_answered || !is_whole) {
        auto got = co_await socket.receive(buffer);
        if (got.has_error()) co_return got.error();
        std::string_view unread(buffer.data(), got.value());
        taken += unread.size();
        while (!unread.empty()) {
            const auto piece = framer.next(unread);
            if (piece.state == protocol::reply_framer::status::malformed)
                co_return failed(errc::protocol_error, "what answers does not speak RESP");
            answer.append(unread.substr(0, piece.length));
            unread.remove_prefix(piece.length);
            is_whole = piece.state == protocol::reply_framer::status::complete;
            if (!is_whole) continue;
            const bool is_push = answer.front() == '>';
            if (!is_push && is_answered) co_return failed(errc::protocol_error, "unexpected bytes behind the handshake");
            if (answer.front() == '-') co_return failed(errc::server_error, answer.substr(1, answer.find('\r') - 1));
            is_answered = is_answered || !is_push;
            answer.clear();
        }
        if (taken > max_answer) co_return failed(errc::protocol_error, "the answers of the handshake have no end");
    }
    co_return outcome<void>(boost::system::in_place_value);
}

asio::awaitable<outcome<greeted>> converse(net::stream& socket, const link_settings& settings) {
    std::string commands;
    const std::size_t count = greeting(settings, commands);
    auto sent = co_await socket.send(commands);
    if (sent.has_error()) co_return sent.error();
    auto told = co_await read_answers(socket, count, settings.database != 0);
    if (told.has_error()) co_return told.error();
    if (settings.version == protocol::resp_version::resp3) {
        auto switched = co_await ask_in_resp3(socket, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
        if (switched.has_error()) co_return switched.error();
    }
    if (settings.is_tracked) {
        auto tracked = co_await ask_in_resp3(socket, "*3\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n");
        if (tracked.has_error()) co_return tracked.error();
    }
    co_return std::move(told.value());
}

}  // namespace

asio::awaitable<outcome<greeted>> open_connection(const link_settings& settings, std::chrono::steady_clock::time_point deadline) {
    using namespace asio::experimental::awaitable_operators;
    auto executor = co_await asio::this_coro::executor;
    auto connected = co_await net::connect(settings.redis.address, settings.tls.get(), deadline);
    if (connected.has_error()) co_return connected.error();
    asio::steady_timer limit(executor, deadline);
    auto first = co_await (converse(connected.value(), settings) || limit.async_wait(net::as_values));
    if (first.index() == 1)
        co_return failed(errc::timed_out, "Redis accepted the connection but did not answer within the connect time limit");
    auto& told = std::get<0>(first);
    if (told.has_error()) co_return told.error();
    told.value().wire = connected.value().release();
    co_return std::move(told.value());
}

}  // namespace respgres::redis
