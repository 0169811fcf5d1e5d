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

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view bad_client_name = "ERR Client names cannot contain spaces, newlines or special characters.";

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
    call.client.record().set_name({});
    call.out.simple("RESET");
}

// There are no users of the proxy's own yet: the default user has no password, as in a Redis without `requirepass`.
void auth(local_call& call) {
    if (call.words.size() > 3) return call.out.error("ERR syntax error");
    if (call.words.size() == 2)
        return call.out.error(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?");
    if (call.words[1] == "default") return call.out.simple("OK");
    call.out.error(wrong_password);
}

boost::asio::awaitable<std::string> select_task(worker_services& services, session& client, std::uint32_t database) {
    // The link of that database comes up only if Redis has it: a PING tells, or Redis' own words why not.
    redis::link& link = services.links.get(database, client.version());
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

// What HELLO's options ask for.
struct hello_options {
    std::optional<resp_version> version;
    std::optional<std::string_view> name;
};

// Reads them; an error has been written when it returns nothing.
std::optional<hello_options> read_hello(local_call& call) {
    hello_options options;
    const auto& words = call.words;
    if (words.size() > 1) {
        const auto version = number_of<std::int64_t>(words[1]);
        if (!version) {
            call.out.error("ERR Protocol version is not an integer or out of range");
            return std::nullopt;
        }
        if (*version < 2 || *version > 3) {
            call.out.error("NOPROTO unsupported protocol version");
            return std::nullopt;
        }
        options.version = *version == 2 ? resp_version::resp2 : resp_version::resp3;
    }
    for (std::size_t i = 2; i < words.size();) {
        if (protocol::equals_ignoring_case(words[i], "auth") && i + 2 < words.size()) {
            if (words[i + 1] != "default") {
                call.out.error(wrong_password);
                return std::nullopt;
            }
            i += 3;
        } else if (protocol::equals_ignoring_case(words[i], "setname") && i + 1 < words.size()) {
            options.name = words[i + 1];
            if (!is_client_name(*options.name)) {
                call.out.error(bad_client_name);
                return std::nullopt;
            }
            i += 2;
        } else {
            call.out.error("ERR Syntax error in HELLO option '" + std::string(words[i]) + "'");
            return std::nullopt;
        }
    }
    return options;
}

void hello(local_call& call) {
    const auto options = read_hello(call);
    if (!options) return;
    if (options->version) call.client.set_version(*options->version);
    if (options->name) call.client.record().set_name(std::string(*options->name));
    const std::string& version = call.services.links.home().server_version();
    // In the version that was just chosen.
    std::string text;
    reply_writer out(text, call.client.version());
    out.map(7);
    out.bulk("server");
    out.bulk("redis");
    out.bulk("version");
    out.bulk(version.empty() ? "7.0.15" : version);
    out.bulk("proto");
    out.integer(static_cast<int>(call.client.version()));
    out.bulk("id");
    out.integer(static_cast<std::int64_t>(call.client.record().id));
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.array(0);
    call.out.raw(text);
}

// READONLY, READWRITE and ASKING are between a client and a node of a cluster; the proxy is one server.
void not_clustered(local_call& call) {
    call.out.error("ERR This instance has cluster support disabled");
}

constexpr std::array rows{
    local_row{"asking", not_clustered},
    local_row{"auth", auth},
    local_row{"echo", echo},
    local_row{"hello", hello},
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
