// What must not come, over real sockets and from the command line: the answer to each, and that others are not disturbed.
#include "tests/e2e/crowd.hpp"
#include "tests/e2e/shop.hpp"
#include "tests/support/process_memory.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace respgres::tests;
using namespace std::chrono_literals;

namespace {

constexpr const char* pong = "+PONG\r\n";

// A proxy without mappings: no PostgreSQL is needed.
struct plain_proxy {
    explicit plain_proxy(const std::string& server_options = {}, const std::string& admin_options = {})
        : proxy([&] {
              proxy_config config;
              config.redis_url = redis.url();
              config.postgres_url = "postgresql://nobody@127.0.0.1:1/none";
              config.server_options = server_options;
              config.admin_options = admin_options;
              return config;
          }()) {}

    redis_server redis;
    proxy_process proxy;
};

struct row {
    std::string sent;
    std::string reply;   // all that comes
    bool closes = true;
};

std::string error(const std::string& text) {
    return "-ERR " + text + "\r\n";
}
std::string protocol_error(const std::string& text) {
    return error("Protocol error: " + text);
}

std::string in_words(const std::string& bytes) {
    std::string out;
    for (const char c : bytes.substr(0, 60)) out += c == '\r' ? std::string("\\r") : c == '\n' ? std::string("\\n") : std::string(1, c);
    return out;
}

// A PING behind what was sent tells whether the connection is open: it is answered, or not.
void check_rows(const proxy_process& proxy, const std::vector<row>& rows) {
    for (const row& r : rows) {
        INFO(in_words(r.sent));
        resp_client client(proxy.port());
        client.send_raw(r.sent);
        if (r.closes) {
            CHECK(client.read_all_until_close() == r.reply);
        } else {
            const std::string before = r.reply.empty() ? std::string() : client.read_reply();
            CHECK(before == r.reply);
            CHECK(client.call({"PING"}) == pong);
        }
    }
    CHECK(resp_client(proxy.port()).call({"PING"}) == pong);
}

std::string status_line(std::uint16_t port, const std::string& request) {
    const std::string reply = http_raw(port, request);
    return reply.substr(0, reply.find("\r\n"));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("bad_input: framing errors are told and close the connection", "[e2e]") {
    const plain_proxy world;
    const std::string http = error("this port speaks RESP, not HTTP; the admin endpoint is on another port (see admin.listen)");

    check_rows(world.proxy,
               {{std::string("\x00\x01\xff\r\n", 5), protocol_error("unexpected byte 0x00, expected '*' or an inline command")},
                {"\xff\r\n", protocol_error("unexpected byte 0xff, expected '*' or an inline command")},
                {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", http},
                {"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", http},
                {"Host: 127.0.0.1\r\n", http},
                {"*abc\r\n", protocol_error("invalid multibulk length")},
                {"*2147483648\r\n", protocol_error("invalid multibulk length (got 2147483648, limit 65536)")},
                {"*65537\r\n", protocol_error("invalid multibulk length (got 65537, limit 65536)")},
                {"*" + std::string(70'000, '9') + "\r\n", protocol_error("too big mbulk count string")},
                {"*1\r\n$abc\r\n", protocol_error("invalid bulk length")},
                {"*1\r\n$-1\r\n", protocol_error("invalid bulk length")},
                {"*1\r\n$536870913\r\n", protocol_error("invalid bulk length (got 536870913, limit 16777216)")},
                {"*1\r\n$9223372036854775807\r\n", protocol_error("invalid bulk length (got 9223372036854775807, limit 16777216)")},
                {"*1\r\n$" + std::string(70'000, '9') + "\r\n", protocol_error("too big bulk count string")},
                {"*1\r\n$0004\r\nPING\r\n", protocol_error("invalid bulk length")},
                {"*1\r\n$+4\r\nPING\r\n", protocol_error("invalid bulk length")},
                {"*1\r\n$ 4\r\nPING\r\n", protocol_error("invalid bulk length")},
                {"*1\r\n:5\r\n", protocol_error("expected '$', got ':'")},
                {"*1\r\n*1\r\n$4\r\nPING\r\n", protocol_error("expected '$', got '*'")},
                {"*1\r\n$4\r\nPINGxx", protocol_error("bulk of 4 bytes not followed by CRLF")},
                {"*1\n$4\nPING\n", protocol_error("invalid multibulk length")},
                {std::string(70'000, 'a') + "\r\n", protocol_error("too big inline request")},
                {"GET \"x\r\n", protocol_error("unbalanced quotes in request")},
                {"GET 'x'y\r\n", protocol_error("unbalanced quotes in request")}});

    CHECK(stat(world.proxy, "", "protocol_errors") == 24);
}

TEST_CASE("bad_input: what is only wrong in meaning leaves the connection open", "[e2e]") {
    const plain_proxy world;
    const std::string name(200, 'n');

    check_rows(world.proxy,
               {{"*-5\r\n", "", false},
                {"*0\r\n", "", false},
                {"\r\n", "", false},
                {"PING\n", pong, false},
                {"PING \"\\x41\\n\"\r\n", "$2\r\nA\n\r\n", false},
                {"*1\r\n$0\r\n\r\n", "-ERR unknown command '', with args beginning with: \r\n", false},
                {resp_client::encode({"a\r\nb", "c\r\nd"}), "-ERR unknown command 'a  b', with args beginning with: 'c  d' \r\n", false},
                {resp_client::encode({name}), "-ERR unknown command '" + name.substr(0, 128) + "', with args beginning with: \r\n", false},
                {resp_client::encode({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n", false},
                {resp_client::encode({"GET", "a", "b"}), "-ERR wrong number of arguments for 'get' command\r\n", false},
                {resp_client::encode({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n", false}});

    resp_client client(world.proxy.port());
    for (const std::string unsupported : {"MONITOR", "SYNC", "SHUTDOWN"}) {
        INFO(unsupported);
        CHECK(client.call({unsupported}).starts_with("-ERR unsupported command '" + unsupported + "': "));
    }
    CHECK(client.call({"PING"}) == pong);
}

TEST_CASE("bad_input: commands in front of a framing error are answered, those behind it are not", "[e2e]") {
    const plain_proxy world;

    check_rows(world.proxy,
               {{resp_client::encode({"PING"}) + resp_client::encode({"SET", "k", "v"}) + "*x\r\n" + resp_client::encode({"SET", "k", "w"}),
                 std::string(pong) + "+OK\r\n" + protocol_error("invalid multibulk length")}});

    CHECK(resp_client(world.redis.port()).call({"GET", "k"}) == "$1\r\nv\r\n");
}

TEST_CASE("bad_input: 100000 garbage commands in one pipeline cost one error and the connection", "[e2e]") {
    const plain_proxy world;
    std::string garbage;
    for (int i = 0; i < 100'000; ++i) garbage += "*x\r\n";
    resp_client client(world.proxy.port());

    try {
        client.send_raw(garbage);
    } catch (const std::runtime_error&) {
        // It may be closed before all was sent.
    }

    CHECK(client.read_all_until_close().size() <= protocol_error("invalid multibulk length").size());
    CHECK(resp_client(world.proxy.port()).call({"PING"}) == pong);
}

TEST_CASE("bad_input: 500 half commands are closed after request_timeout, with little memory, idle clients are kept", "[e2e]") {
    const plain_proxy world("request_timeout = \"2s\"");
    resp_client idle(world.proxy.port());
    resp_client one(world.proxy.port());
    REQUIRE(idle.call({"PING"}) == pong);
    crowd slow;
    slow.join(world.proxy.port(), 500);
    const auto before = resident_bytes(world.proxy.pid());

    slow.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10000000\r\nhalf a va");
    one.send_raw("*1\r\n$4\r\nPI");

    CHECK(one.read_all_until_close() == protocol_error("the rest of the command did not arrive within 2000 ms"));
    if (memory_is_measurable)
        CHECK(resident_bytes(world.proxy.pid()) < before + 500 * 16 * 1024);   // nothing is taken for what was only announced
    CHECK(slow.closed_within(5s) == 500);
    CHECK(idle.call({"PING"}) == pong);
}

TEST_CASE("bad_input: a client that reads nothing is closed after write_timeout, its memory is bounded, others go on", "[e2e]") {
    const plain_proxy world("write_timeout = \"2s\"\noutput_hard_limit = \"8MiB\"");
    resp_client other(world.proxy.port());
    REQUIRE(other.call({"SET", "k", std::string(16 * 1024, 'v')}) == "+OK\r\n");
    const auto before = resident_bytes(world.proxy.pid());
    crowd silent;
    silent.join(world.proxy.port(), 1);
    std::string gets;
    for (int i = 0; i < 1'000; ++i) gets += "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        try {
            silent.send(gets);
        } catch (const std::runtime_error&) {
            break;   // it is read no more, or closed
        }
        most = std::max(most, resident_bytes(world.proxy.pid()));
        REQUIRE(other.call({"PING"}) == pong);
    }
    eventually("the silent client is closed", [&] {
        most = std::max(most, resident_bytes(world.proxy.pid()));
        return other.call({"PING"}) == pong && stat(world.proxy, "", "connected") == 1;
    });

    // 1.6 GB were asked for. A buffer that grows is there twice for a moment.
    if (memory_is_measurable) CHECK(most < before + (2 * 8 + 16) * 1024 * 1024);
}

TEST_CASE("bad_input: a client that pauses and reads later gets all replies in order", "[e2e]") {
    const plain_proxy world;
    resp_client client(world.proxy.port());
    const std::string value(16 * 1024, 'v');
    REQUIRE(client.call({"SET", "k", value}) == "+OK\r\n");
    constexpr int count = 2'000;   // 32 MB: more than the sockets' buffers and output_soft_limit
    std::string pipeline;
    for (int i = 0; i < count; ++i) pipeline += resp_client::encode({"GET", "k"}) + resp_client::encode({"ECHO", std::to_string(i)});

    client.send_raw(pipeline);

    const std::string reply = "$16384\r\n" + value + "\r\n";
    int wrong = 0;
    for (int i = 0; i < count; ++i) {
        wrong += client.read_reply() != reply;
        wrong += bulk_text(client.read_reply()) != std::to_string(i);
    }
    CHECK(wrong == 0);
}

TEST_CASE("bad_input: clients beyond max_clients are told, and there is room again when one leaves", "[e2e]") {
    const plain_proxy world("max_clients = 3");
    std::vector<resp_client> clients;
    // What waited for the proxy to start may not be gone yet.
    eventually("no client is connected", [&] { return stat(world.proxy, "", "connected") == 0; });
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(world.proxy.port());
        REQUIRE(clients.back().call({"PING"}) == pong);
    }

    resp_client refused(world.proxy.port());
    CHECK(refused.read_all_until_close() == "-ERR max number of clients reached\r\n");

    CHECK(clients[0].call({"PING"}) == pong);
    clients.pop_back();
    eventually("there is room", [&] {
        resp_client next(world.proxy.port());
        try {
            return next.call({"PING"}) == pong;
        } catch (const std::runtime_error&) {
            return false;
        }
    });
}

TEST_CASE("bad_input: the admin port refuses what is no plain request, each with its status, and closes", "[e2e]") {
    const plain_proxy world;
    const std::string host = "Host: 127.0.0.1\r\n";
    const std::string get = "GET /healthz HTTP/1.1\r\n";
    struct http_row {
        std::string request;
        int status;
    };
    std::string many;
    for (int i = 0; i < 200; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    const std::vector<http_row> rows{
        {"POST /healthz HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /healthz HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
        {"POST /healthz HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /healthz HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc", 400},
        {"GET /healthz HTTP/1.1\rX: y\r\n" + host + "\r\n", 400},
        {"GET /healthz HTTP/1.1\n" + host + "\n", 400},
        {get + host + "X: 1\r\n 2\r\n\r\n", 400},
        {get + host + "X: " + std::string(64 * 1024, 'x') + "\r\n\r\n", 431},
        {get + host + many + "\r\n", 431},
        {"POST /healthz HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
        {"POST /healthz HTTP/1.1\r\n" + host + "Content-Length: 99999999\r\n\r\n", 413},
        {"GET /healthz\r\n", 400},
        {"GET http://127.0.0.1/healthz HTTP/1.1\r\n" + host + "\r\n", 400},
        {get + "\r\n", 400},
        {get + host + host + "\r\n", 400},
        {get + "Host: evil.example\r\n\r\n", 421},
        {"GET /healthz HTTP/2.0\r\n" + host + "\r\n", 505},
        {"BREW /healthz HTTP/1.1\r\n" + host + "\r\n", 501},
        {"*1\r\n$4\r\nPING\r\n", 400},
        {"POST /healthz HTTP/1.1\r\n" + host + "Connection: close\r\nContent-Length: 0\r\n\r\n", 405},
        {"GET /nothing HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 404},
        {"GET /healthz HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 200},
    };
    for (const auto& [request, status] : rows) {
        INFO(in_words(request.substr(0, request.find('\0'))));
        const std::string line = status_line(world.proxy.admin_port(), request);
        CHECK(line.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
    }

    const std::string twice = http_raw(world.proxy.admin_port(), "GET /healthz HTTP/1.1\r\nHost: x y\r\n\r\n" + get + host + "\r\n");
    CHECK(twice.find("HTTP/1.1 200") == std::string::npos);   // after an error no second request is read
    CHECK(http_get(world.proxy.admin_port(), "/healthz").status == 200);
}

TEST_CASE("bad_input: a slow HTTP request ends with 408", "[e2e]") {
    const plain_proxy world;

    const stopwatch watch;
    CHECK(status_line(world.proxy.admin_port(), "GET /healthz HT").starts_with("HTTP/1.1 408 "));

    CHECK(watch.elapsed() < 8s);
    CHECK(http_get(world.proxy.admin_port(), "/healthz").status == 200);
}

TEST_CASE("bad_input: check prints all problems of a file at once with their places, and exits with 2", "[e2e]") {
    const temporary_directory directory;
    const std::string file = directory.write("bad.toml", R"([server]
listen = ["127.0.0.1:6380"]
max_client = 3
request_timeout = "10"
workers = "many"

[postgres]
url = "postgresql://app@127.0.0.1:1/none"

[mapping.a]
key = "a:{id:int}"
ttl = "0s"
query = "SELECT 1 WHERE 1 = :id"

[mapping.b]
key = "a:{other:int}"
ttl = "1s"
query = "SELECT :nothing"

[mapping.c]
key = "c:{x:float}"
ttl = "1s"
query = "DELETE FROM items"

[mapping.d]
key = "d"
shape = "tree"
query = "SELECT 1; SELECT 2"

[mapping.e]
key = "a:{x:int}"
ttl = "1s"
query = "SELECT 2 WHERE 2 = :x"
)");

    const auto checked = run_respgres({"check", "--config", file});

    CHECK(checked.exit_code == 2);
    INFO(checked.output);
    const auto tells = [&](int line, const std::string& words) {
        for (const auto& told : lines_of(checked.output))
            if (told.starts_with(file + ":" + std::to_string(line) + ":") && told.find(words) != std::string::npos) return true;
        return false;
    };
    CHECK(tells(3, "max_clients"));          // the nearest known name
    CHECK(tells(4, "unit"));
    CHECK(tells(5, "workers"));
    CHECK(tells(12, "ttl"));
    CHECK(tells(31, "mapping 'a'"));         // overlaps
    CHECK(tells(18, "nothing"));
    CHECK(tells(21, "float"));
    CHECK(tells(23, "DELETE"));
    CHECK(tells(27, "shape"));
    CHECK(tells(28, "statement"));
    const auto served = run_respgres({"serve", "--config", file});
    CHECK(served.exit_code == 2);
    CHECK(served.output == checked.output);
}

TEST_CASE("bad_input: a file that is not there or no TOML is told, exit 2", "[e2e]") {
    const temporary_directory directory;

    const auto absent = run_respgres({"serve", "--config", directory.path() + "/absent.toml"});
    CHECK(absent.exit_code == 2);
    CHECK(absent.output.find("absent.toml: ") != std::string::npos);

    const std::string file = directory.write("broken.toml", "[server]\nlisten = [\n");
    const auto broken = run_respgres({"check", "--config", file});
    CHECK(broken.exit_code == 2);
    CHECK(broken.output.starts_with(file + ":"));
}

TEST_CASE("bad_input: a port in use is told with its place in the file, exit 2", "[e2e]") {
    const plain_proxy world;
    const temporary_directory directory;
    const std::string taken = "127.0.0.1:" + std::to_string(world.proxy.port());
    const std::string file = directory.write(
        "taken.toml", "[server]\nlisten = [\"" + taken + "\"]\n[admin]\nlisten = \"127.0.0.1:" + std::to_string(world.proxy.admin_port()) +
                          "\"\n[redis]\nurl = \"" + world.redis.url() + "\"\n");

    const auto second = run_respgres({"serve", "--config", file});

    CHECK(second.exit_code == 2);
    INFO(second.output);
    CHECK(second.output.find(file + ":2:") != std::string::npos);
    CHECK(second.output.find(file + ":4:") != std::string::npos);
    CHECK(second.output.find("Address already in use") != std::string::npos);
    CHECK(second.output.find(taken) != std::string::npos);
    CHECK(resp_client(world.proxy.port()).call({"PING"}) == pong);
}

TEST_CASE("bad_input: serve and check refuse a query that PostgreSQL does not prepare, with its place", "[e2e]") {
    const shop world;
    const temporary_directory directory;
    const proxy_config config = world.config(shop::item("SELECT no_such_column FROM items WHERE id = :id"));
    const reserved_port port;
    const reserved_port admin;
    const std::string text = config.text(port.number(), admin.number());
    const std::string file = directory.write("query.toml", text);
    const auto lines = lines_of(text);
    std::size_t line = 1;
    while (!lines.at(line - 1).starts_with("query = ")) ++line;

    for (const std::string command : {"serve", "check"}) {
        const auto refused = run_respgres({command, "--config", file});
        INFO(refused.output);
        CHECK(refused.exit_code == 2);
        CHECK(refused.output.find(file + ":" + std::to_string(line) + ":") != std::string::npos);
        CHECK(refused.output.find("column \"no_such_column\" does not exist") != std::string::npos);
    }
}
