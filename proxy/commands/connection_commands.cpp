#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/local_commands.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace respgres::proxy {

namespace {

using protocol::reply_writer;
using protocol::resp_version;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

void ping(local_call& call) {
    if (call.words.size() > 2) return call.out.error(protocol::wrong_arity_error("ping"));
    if (call.words.size() == 2) return call.out.bulk(call.words[1]);
    call.out.simple("PONG");
}

void echo(local_call& call) {
    call.out.bulk(call.words[1]);
}

void quit(local_call& call) {
    call.out.simple("OK");
    call.how = local_call::ending::close_after;
}

void reset(local_call& call) {
    call.client.set_state(nullptr);
    call.client.set_version(resp_version::resp2);
    call.client.set_database(call.services.settings.redis.database);
    call.client.set_after({});
    call.client.record().set_name({});
    call.client.set_user(call.services.auth.initial_user());
    call.out.simple("RESET");
}

boost::asio::awaitable<std::string> select_task(worker_services& services, session& client, std::uint32_t database) {
    // The link of that database comes up only if Redis has it: a PING tells, or Redis' own words why not.
    redis::link& link = links_of(services, client).get(database, client.version());
    std::string ping_command;
    protocol::append_command(ping_command, std::string_view("PING"));
    auto answer = co_await redis::exchange(link, std::move(ping_command), 1);
    std::string text;
    reply_writer out(text, client.version());
    if (answer.has_value()) {
        client.set_database(database);
        out.simple("OK");
    } else if (link.last_failure().code == backends::errc::server_error) {
        out.error(link.last_failure().detail);
    } else {
        out.error(redis_failure_text(answer.error(), false));
    }
    co_return text;
}

void select(local_call& call) {
    const auto database = number_of<std::int64_t>(call.words[1]);
    if (!database) return call.out.error("ERR value is not an integer or out of range");
    if (*database < INT32_MIN || *database > INT32_MAX)
        return call.out.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    constexpr std::int32_t most = 1024;   // a link is kept for each that is used
    if (*database < 0 || *database >= most) return call.out.error("ERR DB index is out of range");
    const auto wanted = static_cast<std::uint32_t>(*database);
    if (wanted == call.client.database()) return call.out.simple("OK");
    call.later = select_task(call.services, call.client, wanted);
}

// READONLY, READWRITE and ASKING are between a client and a node of a cluster; the proxy is one server.
void not_clustered(local_call& call) {
    call.out.error("ERR This instance has cluster support disabled");
}

constexpr std::array rows{
    local_row{"asking", not_clustered},
    local_row{"echo", echo},
    local_row{"ping", ping},
    local_row{"quit", quit},
    local_row{"readonly", not_clustered},
    local_row{"readwrite", not_clustered},
    local_row{"reset", reset},
    local_row{"select", select},
};

}  // namespace

std::span<const local_row> connection_commands() {
    return rows;
}

}  // namespace respgres::proxy
