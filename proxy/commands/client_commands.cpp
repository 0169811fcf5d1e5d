#include "protocol/commands/ignoring_case.hpp"
#include "proxy/commands/local_commands.hpp"

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

// One client as CLIENT LIST of Redis 7.0 prints it. What the proxy does not keep (argument memory, subscriptions) is 0 or Redis' neutral value.
std::string describe(const client_record& record) {
    const auto now = steady_clock::now();
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - record.since).count();
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const auto active = record.last_active_ms.load(std::memory_order_relaxed);
    const auto idle = active == 0 ? age : (now_ms - active) / 1000;
    const auto* last = record.last_command.load(std::memory_order_relaxed);
    std::string line = "id=" + std::to_string(record.id) + " addr=" + record.address + " laddr=" + record.local_address +
                       " fd=" + std::to_string(record.fd) + " name=" + record.name() + " age=" + std::to_string(age) +
                       " idle=" + std::to_string(idle) + " flags=N db=" + std::to_string(record.database.load(std::memory_order_relaxed)) +
                       " sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0"
                       " events=r cmd=";
    line.append(last == nullptr ? std::string_view("NULL") : last->name);
    line.append(" user=")
        .append(record.user())
        .append(" redir=-1 resp=")
        .append(std::to_string(record.version.load(std::memory_order_relaxed)));
    return line.append("\n");
}

void id(local_call& call) {
    call.out.integer(static_cast<std::int64_t>(call.client.record().id));
}

void getname(local_call& call) {
    const std::string name = call.client.record().name();
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
        if (!is_client_type(words[3])) return call.out.error("ERR Unknown client type '" + std::string(words[3]) + "'");
        if (equals_ignoring_case(words[3], "normal"))
            for (const auto& record : call.services.clients.all()) lines += describe(*record);
    } else if (equals_ignoring_case(words[2], "id") && words.size() > 3) {
        for (const std::string_view word : words.subspan(3)) {
            const auto wanted = id_of(word);
            if (!wanted) return call.out.error("ERR Invalid client ID");
            if (const auto record = call.services.clients.find(*wanted)) lines += describe(*record);
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
        return !other_types && (!id || *id == record.id) && (!address || *address == record.address) &&
               (!local_address || *local_address == record.local_address) && (!user || *user == record.user()) &&
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
            if (!is_client_type(wanted)) return "ERR Unknown client type '" + std::string(wanted) + "'";
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
        return call.out.error("ERR No such user '" + std::string(*filter.user) + "'");
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

void getredir(local_call& call) {
    call.out.integer(-1);
}
void unblock(local_call& call) {
    if (call.words.size() > 4) return call.out.error("ERR syntax error");
    if (call.words.size() == 4 && !equals_ignoring_case(call.words[3], "timeout") && !equals_ignoring_case(call.words[3], "error"))
        return call.out.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    if (!id_of(call.words[2])) return call.out.error("ERR value is not an integer or out of range");
    call.out.integer(0);  // no client of this version can be blocked
}
void unpause(local_call& call) {
    call.out.simple("OK");
}
void help(local_call& call) {
    call.how = local_call::ending::to_redis;
}
void caching(local_call& call) {
    refuse_for_now(call, "CACHING", "client-side caching comes with a later version");
}
void tracking(local_call& call) {
    refuse_for_now(call, "TRACKING", "client-side caching comes with a later version");
}
void trackinginfo(local_call& call) {
    refuse_for_now(call, "TRACKINGINFO", "client-side caching comes with a later version");
}
void pause(local_call& call) {
    refuse_for_now(call, "PAUSE", "it would stop every client of the shared connections to Redis");
}
void reply(local_call& call) {
    refuse_for_now(call, "REPLY", "turning replies off comes with a later version");
}

// CLIENT without a subcommand does not come here: its arity is checked before.
void client(local_call& call) {
    call.out.error(protocol::unknown_command_error(call.words));
}

constexpr std::array rows{
    local_row{"client", client},
    local_row{"client|caching", caching},
    local_row{"client|getname", getname},
    local_row{"client|getredir", getredir},
    local_row{"client|help", help},
    local_row{"client|id", id},
    local_row{"client|info", info},
    local_row{"client|kill", kill},
    local_row{"client|list", list},
    local_row{"client|no-evict", no_evict},
    local_row{"client|pause", pause},
    local_row{"client|reply", reply},
    local_row{"client|setname", setname},
    local_row{"client|tracking", tracking},
    local_row{"client|trackinginfo", trackinginfo},
    local_row{"client|unblock", unblock},
    local_row{"client|unpause", unpause},
};

}  // namespace

std::span<const local_row> client_commands() {
    return rows;
}

}  // namespace respgres::proxy
