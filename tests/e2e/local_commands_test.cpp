// Commands that the proxy answers itself, beside a real Redis: errors byte for byte, descriptions of clients by their field names.
#include "protocol/commands/command_table.hpp"
#include "tests/e2e/twin_redis.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace respgres::tests;
using respgres::protocol::all_commands;
using respgres::protocol::command_info;
using respgres::protocol::handling;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

// "id=7 addr=127.0.0.1:1 ..." of the first line.
fields client_fields(std::string_view text) {
    fields found;
    std::istringstream in{std::string(text.substr(0, text.find('\n')))};
    for (std::string word; in >> word;) {
        const auto sign = word.find('=');
        found.emplace_back(word.substr(0, sign), sign == word.npos ? "" : word.substr(sign + 1));
    }
    return found;
}

// The section lines and field names of INFO's text; not those of errors, which each server counts for itself.
std::vector<std::string> info_names(const std::string& text) {
    std::vector<std::string> names;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        line.erase(std::min(line.find_first_of(":\r"), line.size()));
        if (!line.starts_with("errorstat_")) names.push_back(line);
    }
    return names;
}

template <class Part>
std::vector<std::string> names_of(const Part& all) {
    std::vector<std::string> names;
    for (const auto& [name, value] : all) names.push_back(name);
    return names;
}

std::string value_of(const fields& all, std::string_view name) {
    for (const auto& [known, value] : all)
        if (known == name) return value;
    return "<no " + std::string(name) + ">";
}

std::string id_of(resp_client& client) {
    const auto reply = client.call({"CLIENT", "ID"});
    return reply.substr(1, reply.size() - 3);   // ":7\r\n"
}

// Lines whose replies must be equal byte for byte, sent one after the other on one connection.
constexpr std::string_view exact_lines[] = {
    "PING",
    "ping hello",
    "PING \"\\r\\n\\x00\"",
    "PING a b",
    "ECHO hello",
    "ECHO",
    "ECHO a b",
    "SELECT 1",
    "SELECT 1",
    "SELECT 15",
    "SELECT 16",
    "SELECT -1",
    "SELECT x",
    "SELECT 99999999999",
    "SELECT",
    "SELECT 1 2",
    "CLIENT",
    "CLIENT NONSENSE",
    "CLIENT NONSENSE x",
    "CLIENT ID x",
    "CLIENT GETNAME",
    "CLIENT SETNAME a-name",
    "CLIENT GETNAME",
    "CLIENT SETNAME \"two words\"",
    "CLIENT SETNAME \"a\\nb\"",
    "CLIENT GETNAME",
    "CLIENT SETNAME \"\"",
    "CLIENT GETNAME",
    "CLIENT SETNAME",
    "CLIENT NO-EVICT on",
    "CLIENT NO-EVICT OFF",
    "CLIENT NO-EVICT maybe",
    "CLIENT NO-EVICT",
    "CLIENT GETREDIR",
    "CLIENT UNPAUSE",
    "CLIENT HELP",
    "CLIENT KILL",
    "CLIENT KILL 1.2.3.4:5",
    "CLIENT KILL ID 0",
    "CLIENT KILL ID -1",
    "CLIENT KILL ID x",
    "CLIENT KILL ID 999999",
    "CLIENT KILL ADDR 1.2.3.4:5",
    "CLIENT KILL LADDR 1.2.3.4:5",
    "CLIENT KILL TYPE nonsense",
    "CLIENT KILL TYPE pubsub",
    "CLIENT KILL TYPE replica",
    "CLIENT KILL USER nobody",
    "CLIENT KILL SKIPME maybe",
    "CLIENT KILL ID 1 ADDR",
    "CLIENT KILL NONSENSE 1",
    "CLIENT KILL ID 999999 USER default",
    "CLIENT LIST TYPE nonsense",
    "CLIENT LIST TYPE pubsub",
    "CLIENT LIST TYPE",
    "CLIENT LIST TYPE normal normal",
    "CLIENT LIST ID x",
    "CLIENT LIST ID",
    "CLIENT LIST ID 999999",
    "CLIENT LIST ID -1 0",
    "CLIENT LIST NONSENSE",
    "CLIENT UNBLOCK 999999",
    "CLIENT UNBLOCK 999999 TIMEOUT",
    "CLIENT UNBLOCK 999999 error",
    "CLIENT UNBLOCK 999999 NONSENSE",
    "CLIENT UNBLOCK x",
    "HELLO 4",
    "HELLO 1",
    "HELLO -3",
    "HELLO x",
    "HELLO 3 NONSENSE",
    "HELLO 3 SETNAME",
    "HELLO 3 SETNAME \"two words\"",
    "HELLO 3 AUTH default",
    "HELLO 3 AUTH nobody secret",
    "HELLO 4 AUTH nobody secret",
    "AUTH",
    "AUTH secret",
    "AUTH default secret",
    "AUTH nobody secret",
    "AUTH a b c",
    "INFO nonsense",
    "RESET now",
    "RESET",
    "CLIENT GETNAME",
    "PING",
};

}  // namespace

TEST_CASE("local commands: replies and errors are those of Redis byte for byte", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const bool resp3 = GENERATE(false, true);
    if (resp3) clients.same({"HELLO", "3"}, likeness::numbers);

    for (const auto line : exact_lines) clients.same(words_of(line));
}

TEST_CASE("local commands: HELLO describes the server as Redis does and switches the protocol", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const auto in_version = [&](const std::vector<std::string>& words, std::string_view proto) {
        clients.same(words, likeness::numbers);
        CHECK(clients.proxied().call({"HELLO"}).find("$5\r\nproto\r\n:" + std::string(proto)) != std::string::npos);
        clients.same({"HGETALL", "none"});   // "*0" or "%0"
        clients.same({"GET", "none"});       // "$-1" or "_"
    };

    in_version({"HELLO"}, "2");
    in_version({"HELLO", "3"}, "3");
    in_version({"hello", "3", "SETNAME", "by-hello"}, "3");
    clients.same({"CLIENT", "GETNAME"});
    in_version({"HELLO", "2", "AUTH", "default", "anything", "setname", "again"}, "2");
    clients.same({"CLIENT", "GETNAME"});
    in_version({"HELLO", "3"}, "3");
    clients.same({"RESET"});
    in_version({"HELLO"}, "2");
    // The replies of one pipeline are in the version that holds at each one's place.
    clients.same_raw("HGETALL none\r\nHELLO 3 NONSENSE\r\nHGETALL none\r\nRESET\r\nGET none\r\n", 5);
}

TEST_CASE("local commands: RESET forgets the database, the name and the protocol", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);

    clients.same({"SET", "k", "of database 0"});
    clients.same({"HELLO", "3", "SETNAME", "name"}, likeness::numbers);
    clients.same({"SELECT", "1"});
    clients.same({"GET", "k"});
    clients.same({"RESET"});

    clients.same({"GET", "k"});
    clients.same({"GET", "none"});
    clients.same({"CLIENT", "GETNAME"});
}

TEST_CASE("local commands: QUIT is answered behind the replies that are due, then the connection ends", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);

    for (auto* client : {&clients.direct(), &clients.proxied()}) client->send_raw("SET k v\r\nGET k\r\nQUIT\r\nGET k\r\n");

    CHECK(clients.proxied().read_all_until_close() == clients.direct().read_all_until_close());
}

TEST_CASE("local commands: errors show a client's word up to its first NUL byte, as Redis does", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const std::string word("a\0b", 3);
    clients.same({"CLIENT", "LIST", "TYPE", word});
    clients.same({"CLIENT", "KILL", "TYPE", word});
    clients.same({"CLIENT", "KILL", "USER", word});
    clients.same({"HELLO", "3", word});
    clients.same({"ACL", "CAT", word});
    clients.same({"ACL", "DRYRUN", word, "get", "k"});
    clients.same({"ACL", "DRYRUN", "default", word});
    clients.same({word, "x"});
    clients.same({"CLIENT", word});
}

TEST_CASE("local commands: CLIENT INFO and CLIENT LIST have Redis' fields, and say what the client set", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    clients.same({"HELLO", "3", "SETNAME", "a-name"}, likeness::numbers);
    clients.same({"SELECT", "3"});

    for (const std::vector<std::string>& words : {std::vector<std::string>{"CLIENT", "INFO"}, {"CLIENT", "LIST", "ID"}}) {
        const auto ask = [&words](resp_client& client) {
            auto command = words;
            if (command.size() > 2) command.push_back(id_of(client));
            return client_fields(bulk_text(client.call(command)));
        };
        const auto expected = ask(clients.direct());
        const auto ours = ask(clients.proxied());

        CHECK(names_of(ours) == names_of(expected));
        for (const auto name : {"name", "db", "resp", "user", "flags", "cmd", "sub", "multi", "redir"}) {
            INFO(name);
            CHECK(value_of(ours, name) == value_of(expected, name));
        }
        CHECK(value_of(ours, "laddr") == "127.0.0.1:" + value_of(ours, "laddr").substr(10));
    }
}

TEST_CASE("local commands: CLIENT ID is unique, and CLIENT LIST lists each client once", "[e2e]") {
    const twin_redis servers;
    auto first = servers.proxy_client();
    auto second = servers.proxy_client();
    const auto first_id = id_of(first);
    const auto second_id = id_of(second);
    CHECK(first_id != second_id);
    CHECK(id_of(first) == first_id);

    const auto list = bulk_text(second.call({"CLIENT", "LIST"}));

    for (const auto& id : {first_id, second_id}) {
        const auto wanted = "id=" + id + " ";
        const auto at = list.find(wanted);
        REQUIRE(at != list.npos);
        CHECK(list.find(wanted, at + 1) == list.npos);
    }
    CHECK(std::ranges::count(list, '\n') == 2);
}

TEST_CASE("local commands: CLIENT KILL ends the client that is meant, and only that", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    twin_clients others(servers);
    const auto address = [](resp_client& client) { return value_of(client_fields(bulk_text(client.call({"CLIENT", "INFO"}))), "addr"); };

    const auto kill_both = [&](const std::vector<std::string>& direct_words, const std::vector<std::string>& proxied_words) {
        const auto expected = clients.direct().call(direct_words);
        CHECK(clients.proxied().call(proxied_words) == expected);
    };
    kill_both({"CLIENT", "KILL", "ID", id_of(others.direct())}, {"CLIENT", "KILL", "ID", id_of(others.proxied())});
    CHECK(others.proxied().closed_within(5'000));
    clients.same({"PING"});

    twin_clients more(servers);
    kill_both({"CLIENT", "KILL", address(more.direct())}, {"CLIENT", "KILL", address(more.proxied())});
    CHECK(more.proxied().closed_within(5'000));

    // Oneself: the reply comes first. Redis has killed its own as well.
    kill_both({"CLIENT", "KILL", "ID", id_of(clients.direct())}, {"CLIENT", "KILL", "ID", id_of(clients.proxied())});   // SKIPME yes: 0
    kill_both({"CLIENT", "KILL", "ID", id_of(clients.direct()), "SKIPME", "no"},
              {"CLIENT", "KILL", "ID", id_of(clients.proxied()), "SKIPME", "no"});
    CHECK(clients.proxied().closed_within(5'000));
}

TEST_CASE("local commands: INFO is Redis' own, with a section of the proxy behind it", "[e2e]") {
    const twin_redis servers;
    twin_clients clients(servers);
    const bool resp3 = GENERATE(false, true);
    if (resp3) clients.same({"HELLO", "3"}, likeness::numbers);

    for (const std::vector<std::string>& words : {std::vector<std::string>{"INFO", "server"}, {"INFO", "clients", "memory"}}) {
        const auto expected = clients.direct().call(words);
        const auto ours = clients.proxied().call(words);
        CHECK(ours[0] == expected[0]);   // a bulk, or in RESP3 a verbatim text
        CHECK(info_names(bulk_text(ours)) == info_names(bulk_text(expected)));
    }

    const auto expected = info_names(bulk_text(clients.direct().call({"INFO"})));
    auto ours = info_names(bulk_text(clients.proxied().call({"INFO"})));
    REQUIRE(ours.size() > expected.size());
    CHECK(std::ranges::count(ours, "# Proxy") == 1);
    ours.resize(expected.size());
    CHECK(ours == expected);
    CHECK(bulk_text(clients.proxied().call({"INFO", "proxy"})).starts_with("# Proxy\r\n"));
}

TEST_CASE("local commands: what no proxy can offer is refused by name, and the client stays", "[e2e]") {
    const twin_redis servers;
    auto client = servers.proxy_client();
    const auto check_refused = [&client](const command_info& row) {
        if (row.how != handling::refused || !row.subcommands.empty()) return;
        std::string line(row.name);
        std::ranges::replace(line, '|', ' ');
        auto words = words_of(line);
        words.resize(std::max(words.size(), static_cast<std::size_t>(row.arity < 0 ? -row.arity : row.arity)), "1");
        INFO(row.name);
        CHECK(client.call(words).starts_with("-ERR unsupported command '"));
    };

    for (const command_info& row : all_commands()) {
        check_refused(row);
        for (const command_info& sub : row.subcommands) check_refused(sub);
    }

    CHECK(client.call({"PING"}) == "+PONG\r\n");
}
