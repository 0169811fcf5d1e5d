#include "protocol/commands/c_text.hpp"
#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/local_commands.hpp"
#include "proxy/commands/reply_bytes.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

namespace respgres::proxy {

namespace {

using protocol::equals_ignoring_case;
using std::chrono::steady_clock;

void refuse_for_now(local_call& call, std::string_view what, std::string_view why) {
    call.out.error("ERR unsupported command 'CLIENT " + std::string(what) + "': " + std::string(why));
}

std::optional<std::uint64_t> id_of(std::string_view text) {
    std::uint64_t id = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), id);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || id == 0) return std::nullopt;
    return id;
}

// As Redis marks clients: in subscriptions, blocked, tracked; N for none of these.
std::string flags_of(const client_details& client) {
    std::string flags;
    if (client.subscribed != subscription_counts{}) flags += 'P';
    if (client.blocked_connection != 0) flags += 'b';
    if (client.redirect >= 0) flags += 't';
    return flags.empty() ? "N" : flags;
}

// One client as CLIENT LIST of Redis 7.0 prints it. What the proxy does not keep (argument memory, subscriptions) is 0 or Redis' neutral value.
std::string describe(const client_record& record) {
    const auto seconds_since = [now = steady_clock::now()](steady_clock::time_point then) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
    };
    const auto* last = record.last_command.load(std::memory_order_relaxed);
    const client_details details = record.details();
    const auto& [channels, patterns, shard_channels] = details.subscribed;
    std::string line = "id=" + std::to_string(record.id) + " addr=" + record.address() + " laddr=" + record.local_address() +
                       " fd=" + std::to_string(record.fd) + " name=" + details.name + " age=" + seconds_since(record.since) +
                       " idle=" + seconds_since(record.last_active.load(std::memory_order_relaxed)) + " flags=" + flags_of(details) +
                       " db=" + std::to_string(record.database.load(std::memory_order_relaxed)) + " sub=" + std::to_string(channels) +
                       " psub=" + std::to_string(patterns) + " ssub=" + std::to_string(shard_channels) +
                       " multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0"
                       " events=r cmd=";
    line.append(last == nullptr ? std::string_view("NULL") : last->name);
    line.append(" user=").append(details.user).append(" redir=").append(std::to_string(details.redirect));
    return line.append(" resp=").append(std::to_string(record.version.load(std::memory_order_relaxed))).append("\n");
}

void id(local_call& call) {
    call.out.integer(static_cast<std::int64_t>(call.client.record().id));
}

void getname(local_call& call) {
    const std::string name = call.client.record().details().name;
    if (name.empty()) return call.out.null();
    call.out.bulk(name);
}

void setname(local_call& call) {
    if (!is_client_name(call.words[2])) return call.out.error("ERR Client names cannot contain spaces, newlines or special characters.");
    call.client.record().set_name(std::string(call.words[2]));
    call.out.simple("OK");
}

void info(local_call& call) {
    call.out.verbatim(describe(call.client.record()));
}

bool is_client_type(std::string_view type) {
    constexpr std::array<std::string_view, 5> types{"normal", "master", "replica", "slave", "pubsub"};
    return std::any_of(types.begin(), types.end(), [type](std::string_view known) { return equals_ignoring_case(type, known); });
}

void list(local_call& call) {
    const auto& words = call.words;
    std::string lines;
    if (words.size() == 2) {
        for (const auto& record : call.services.clients.all()) lines += describe(*record);
    } else if (equals_ignoring_case(words[2], "type") && words.size() == 4) {
        if (!is_client_type(words[3])) return call.out.error("ERR Unknown client type '" + protocol::as_c_text(words[3]) + "'");
        if (equals_ignoring_case(words[3], "normal"))
            for (const auto& record : call.services.clients.all()) lines += describe(*record);
    } else if (equals_ignoring_case(words[2], "id") && words.size() > 3) {
        for (const std::string_view word : words.subspan(3)) {
            std::int64_t wanted = 0;  // a negative one is nobody's
            const auto end = std::from_chars(word.data(), word.data() + word.size(), wanted);
            if (end.ec != std::errc{} || end.ptr != word.data() + word.size()) return call.out.error("ERR Invalid client ID");
            if (const auto record = call.services.clients.find(static_cast<std::uint64_t>(wanted))) lines += describe(*record);
        }
    } else {
        return call.out.error("ERR syntax error");
    }
    call.out.verbatim(lines);
}

// What CLIENT KILL's filters ask for; a client must meet all.
struct kill_filter {
    std::optional<std::uint64_t> id;
    std::optional<std::string_view> address;
    std::optional<std::string_view> local_address;
    std::optional<std::string_view> user;
    bool other_types = false;  // a type that the proxy has no clients of
    bool skip_me = true;

    bool takes(const client_record& record, const client_record& me) const {
        return !other_types && (!id || *id == record.id) && (!address || *address == record.address()) &&
               (!local_address || *local_address == record.local_address()) && (!user || *user == record.details().user) &&
               (!skip_me || record.id != me.id);
    }
};

// Reads "ID 7 ADDR a:p ..."; the error text when it cannot.
std::optional<std::string> read_filter(std::span<const std::string_view> words, kill_filter& filter) {
    if (words.size() % 2 != 0) return "ERR syntax error";
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string_view name = words[i];
        const std::string_view wanted = words[i + 1];
        if (equals_ignoring_case(name, "id")) {
            filter.id = id_of(wanted);
            if (!filter.id) return "ERR client-id should be greater than 0";
        } else if (equals_ignoring_case(name, "addr")) {
            filter.address = wanted;
        } else if (equals_ignoring_case(name, "laddr")) {
            filter.local_address = wanted;
        } else if (equals_ignoring_case(name, "type")) {
            if (!is_client_type(wanted)) return "ERR Unknown client type '" + protocol::as_c_text(wanted) + "'";
            filter.other_types = filter.other_types || !equals_ignoring_case(wanted, "normal");
        } else if (equals_ignoring_case(name, "user")) {
            filter.user = wanted;
        } else if (equals_ignoring_case(name, "skipme") && (equals_ignoring_case(wanted, "yes") || equals_ignoring_case(wanted, "no"))) {
            filter.skip_me = equals_ignoring_case(wanted, "yes");
        } else {
            return "ERR syntax error";
        }
    }
    return std::nullopt;
}

void kill(local_call& call) {
    kill_filter filter;
    const bool old_form = call.words.size() == 3;
    if (old_form) {
        filter.address = call.words[2];
        filter.skip_me = false;
    } else if (const auto wrong = read_filter(call.words.subspan(2), filter)) {
        return call.out.error(*wrong);
    } else if (filter.user && !call.services.auth.has_user(*filter.user)) {
        return call.out.error("ERR No such user '" + protocol::as_c_text(*filter.user) + "'");
    }
    std::int64_t killed = 0;
    for (const auto& record : call.services.clients.all()) {
        if (!filter.takes(*record, call.client.record())) continue;
        ++killed;
        if (record->id == call.client.record().id)
            call.how = local_call::ending::close_after;
        else
            record->close();
    }
    if (!old_form) return call.out.integer(killed);
    if (killed == 0) return call.out.error("ERR No such client");
    call.out.simple("OK");
}

void no_evict(local_call& call) {
    if (!equals_ignoring_case(call.words[2], "on") && !equals_ignoring_case(call.words[2], "off"))
        return call.out.error("ERR syntax error");
    call.out.simple("OK");  // the proxy evicts no clients
}

boost::asio::awaitable<std::string> unblock_task(worker_services& services, std::uint64_t connection, std::string reason) {
    const std::string id = std::to_string(connection);
    const std::array<std::string_view, 4> words{"CLIENT", "UNBLOCK", id, reason};
    std::string command;
    protocol::append_command(command, words);
    auto replies = co_await redis::exchange(services.links.home(), std::move(command), 1);
    if (replies.has_error()) co_return error_reply(redis_failure_text(replies.error(), false));
    co_return std::move(replies.value().front());
}

void unblock(local_call& call) {
    if (call.words.size() > 4) return call.out.error("ERR syntax error");
    if (call.words.size() == 4 && !equals_ignoring_case(call.words[3], "timeout") && !equals_ignoring_case(call.words[3], "error"))
        return call.out.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    const auto id = id_of(call.words[2]);
    if (!id) return call.out.error("ERR value is not an integer or out of range");
    const auto blocked = call.services.clients.find(*id);
    const std::uint64_t connection = blocked == nullptr ? 0 : blocked->details().blocked_connection;
    if (connection == 0) return call.out.integer(0);
    call.later = unblock_task(call.services, connection, std::string(call.words.size() == 4 ? call.words[3] : "TIMEOUT"));
}
void unpause(local_call& call) {
    call.out.simple("OK");
}
void help(local_call& call) {
    call.how = local_call::ending::to_redis;
}
void pause(local_call& call) {
    refuse_for_now(call, "PAUSE", "it would stop every client of the shared connections to Redis");
}
void reply(local_call& call) {
    const std::string_view wanted = call.words[2];
    if (equals_ignoring_case(wanted, "on")) {
        call.client.set_replies(session::replies::on);
        return call.out.simple("OK");
    }
    const bool skip = equals_ignoring_case(wanted, "skip");
    if (!skip && !equals_ignoring_case(wanted, "off")) return call.out.error("ERR syntax error");
    call.client.set_replies(skip ? session::replies::skip_next : session::replies::off);
    call.how = local_call::ending::unanswered;
}

// CLIENT without a subcommand does not come here: its arity is checked before.
void client(local_call& call) {
    call.out.error(protocol::unknown_command_error(call.words));
}

constexpr std::array rows{
    local_row{"client", client},          local_row{"client|getname", getname},   local_row{"client|help", help},
    local_row{"client|id", id},           local_row{"client|info", info},         local_row{"client|kill", kill},
    local_row{"client|list", list},       local_row{"client|no-evict", no_evict}, local_row{"client|pause", pause},
    local_row{"client|reply", reply},     local_row{"client|setname", setname},   local_row{"client|unblock", unblock},
    local_row{"client|unpause", unpause},
};

}  // namespace

std::span<const local_row> client_commands() {
    return rows;
}

}  // namespace respgres::proxy
