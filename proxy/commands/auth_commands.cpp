// AUTH and HELLO: who the client is, and which version of the protocol it speaks.
#include "conf/values/text.hpp"
#include "protocol/commands/c_text.hpp"
#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/local_commands.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/metrics/log_throttle.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using conf::auth_mode;
using protocol::reply_writer;
using protocol::resp_version;

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view no_password_set =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";
constexpr std::string_view hello_without_auth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to "
    "authenticate the client and select the RESP protocol version at the same time";
constexpr std::string_view too_many_attempts = "ERR too many attempts to authenticate from this address, try again later";
constexpr std::string_view bad_client_name = "ERR Client names cannot contain spaces, newlines or special characters.";

void tell_failure(worker_services& services, session& client, std::string_view name) {
    thread_local log_throttle throttle;   // a worker's
    services.stats.front.auth_failures.add();
    if (throttle.allows(std::chrono::steady_clock::now()))
        spdlog::warn("client {} failed to authenticate as {}{}", client.record().address(), conf::quote(name), throttle.suffix());
}

// Mode redis: whoever Redis takes the password of.
asio::awaitable<std::string> become_at_redis(worker_services& services, session& client, std::string name, std::string password) {
    const stateful_client* state = stateful_client::find(client);
    if (state != nullptr && (state->has_connection() || state->subscriptions.is_active()))
        co_return std::string("ERR a connection to Redis watches or subscribes as another user; UNWATCH and UNSUBSCRIBE before AUTH");
    const std::string address = client.record().address();
    const bool may_try = co_await services.auth.wait_for_turn(name, password, address);
    if (!may_try) {
        tell_failure(services, client, name);
        co_return std::string(too_many_attempts);
    }
    auto found = co_await services.identities.authenticate(name, password);
    if (found.who || found.is_wrong) services.auth.note(!found.is_wrong, name, password, address);
    if (found.is_wrong) tell_failure(services, client, name);
    if (found.who) client.set_user(std::move(found.who));
    co_return std::move(found.error);
}

// The error, or nothing when the client is that user now.
asio::awaitable<std::string> become(worker_services& services, session& client, std::string name, std::string password) {
    if (services.auth.mode() == auth_mode::redis)
        co_return co_await become_at_redis(services, client, std::move(name), std::move(password));
    const std::string address = client.record().address();
    const auto found = co_await services.auth.check(name, password, address);
    if (found.who != nullptr) {
        client.set_user(found.who);
        co_return std::string();
    }
    tell_failure(services, client, name);
    co_return std::string(found.too_many ? too_many_attempts : wrong_password);
}

asio::awaitable<std::string> auth_task(worker_services& services, session& client, std::string name, std::string password) {
    const std::string error = co_await become(services, client, std::move(name), std::move(password));
    co_return error.empty() ? std::string("+OK\r\n") : error_reply(error);
}

void auth(local_call& call) {
    if (call.words.size() > 3) return call.out.error("ERR syntax error");
    const bool has_name = call.words.size() == 3;
    const authenticator& users = call.services.auth;
    const std::string name(has_name ? call.words[1] : "default");
    if (users.mode() == auth_mode::none) {
        // As in a Redis without users and passwords.
        if (!has_name) return call.out.error(no_password_set);
        if (name == "default") return call.out.simple("OK");
        return call.out.error(wrong_password);
    }
    const user* const of_name = users.find(name);
    if (!has_name && of_name != nullptr && of_name->nopass) return call.out.error(no_password_set);
    call.later = auth_task(call.services, call.client, name, std::string(call.words.back()));
}

// --- HELLO -----------------------------------------------------------------------------------------------------------------------

// What HELLO's options ask for, up to the first that is wrong.
struct hello_options {
    std::optional<resp_version> version;
    std::optional<std::string> name;
    std::optional<std::string> user;
    std::string password;
    std::string error;
};

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

hello_options read_hello(protocol::command_words words) {
    hello_options options;
    if (words.size() > 1) {
        const auto version = number_of(words[1]);
        if (!version) options.error = "ERR Protocol version is not an integer or out of range";
        if (version && (*version < 2 || *version > 3)) options.error = "NOPROTO unsupported protocol version";
        if (!options.error.empty()) return options;
        options.version = *version == 2 ? resp_version::resp2 : resp_version::resp3;
    }
    for (std::size_t i = 2; i < words.size();) {
        if (protocol::equals_ignoring_case(words[i], "auth") && i + 2 < words.size()) {
            options.user = words[i + 1];
            options.password = words[i + 2];
            i += 3;
        } else if (protocol::equals_ignoring_case(words[i], "setname") && i + 1 < words.size()) {
            options.name = words[i + 1];
            if (!is_client_name(words[i + 1])) {
                options.error = bad_client_name;
                return options;
            }
            i += 2;
        } else {
            options.error = "ERR Syntax error in HELLO option '" + protocol::as_c_text(words[i]) + "'";
            return options;
        }
    }
    return options;
}

// Carries out what is left to do once the client is who it wants to be.
std::string greet(worker_services& services, session& client, const hello_options& options) {
    if (!options.error.empty()) return error_reply(options.error);
    if (client.who() != nullptr && !client.who()->is_authenticated()) return error_reply(hello_without_auth);
    if (options.version) client.set_version(*options.version);
    if (options.name) client.record().set_name(*options.name);
    const std::string& version = services.links.home().server_version();
    // In the version that was just chosen.
    std::string text;
    reply_writer out(text, client.version());
    out.map(7);
    out.bulk("server");
    out.bulk("redis");
    out.bulk("version");
    out.bulk(version.empty() ? "7.0.15" : version);
    out.bulk("proto");
    out.integer(static_cast<int>(client.version()));
    out.bulk("id");
    out.integer(static_cast<std::int64_t>(client.record().id));
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.array(0);
    return text;
}

asio::awaitable<std::string> hello_task(worker_services& services, session& client, hello_options options) {
    const std::string error = co_await become(services, client, *options.user, options.password);
    co_return error.empty() ? greet(services, client, options) : error_reply(error);
}

void hello(local_call& call) {
    hello_options options = read_hello(call.words);
    if (options.user && call.services.auth.mode() != auth_mode::none) {
        call.later = hello_task(call.services, call.client, std::move(options));
        return;
    }
    if (options.user && *options.user != "default") return call.out.error(wrong_password);
    call.out.raw(greet(call.services, call.client, options));
}

constexpr std::array rows{
    local_row{"auth", auth},
    local_row{"hello", hello},
};

}  // namespace

std::span<const local_row> auth_commands() {
    return rows;
}

}  // namespace respgres::proxy
