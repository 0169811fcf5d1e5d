#include "proxy/admin/admin_server.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/socket_stream.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/proxy/metrics/hub.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <thread>

namespace respgres::tests {

namespace {

using namespace std::chrono_literals;

// A running admin endpoint on a free port, without workers behind it.
struct admin_fixture : hub_fixture {
    explicit admin_fixture(std::uint32_t max_connections = 64) {
        settings.listen.value.port = 0;
        settings.max_connections = max_connections;
        server = std::make_unique<proxy::admin_server>(settings, hub, [this] {
            const bool up = ready;
            return proxy::readiness_report{up, up, up, !up};
        });
        server->start();
    }

    std::uint16_t port() const { return server->port(); }

    std::atomic<bool> ready{true};
    conf::admin_settings settings;
    std::unique_ptr<proxy::admin_server> server;
};

// One answer from a connection that stays open; `buffer` keeps what comes behind it. A HEAD's answer has no body.
std::string read_answer(socket_stream& from, std::string& buffer, bool head = false) {
    const auto has = [&buffer](std::size_t length) { return buffer.size() >= length; };
    std::size_t end = std::string::npos;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
        if (!from.read_some(buffer)) throw std::runtime_error("closed before the answer's headers had come: " + buffer);
    end += 4;
    constexpr std::string_view label = "Content-Length: ";
    const auto at = buffer.find(label);
    const std::size_t length = head || at == std::string::npos || at > end ? 0 : std::stoul(buffer.substr(at + label.size()));
    while (!has(end + length))
        if (!from.read_some(buffer)) throw std::runtime_error("closed before the answer's body had come");
    std::string answer = buffer.substr(0, end + length);
    buffer.erase(0, end + length);
    return answer;
}

bool is_closed(socket_stream& by) {
    std::string rest;
    while (by.read_some(rest)) {
    }
    return rest.empty();
}

std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}

}  // namespace

TEST_CASE("admin_server: /healthz answers ok while the process lives", "[integration]") {
    const admin_fixture f;
    REQUIRE(f.port() != 0);
    const http_reply reply = http_get(f.port(), "/healthz");
    CHECK(reply.status == 200);
    CHECK(reply.body == "ok\n");
    CHECK(reply.headers.at("content-type").starts_with("text/plain"));
    CHECK(reply.headers.at("cache-control") == "no-store");
}

TEST_CASE("admin_server: /readyz is 200 or 503 as the proxy says, with the parts", "[integration]") {
    admin_fixture f;
    const http_reply up = http_get(f.port(), "/readyz");
    CHECK(up.status == 200);
    CHECK(nlohmann::json::parse(up.body) == nlohmann::json{{"ready", true}, {"redis", true}, {"postgres", true}, {"draining", false}});
    f.ready = false;
    const http_reply down = http_get(f.port(), "/readyz");
    CHECK(down.status == 503);
    CHECK(nlohmann::json::parse(down.body) == nlohmann::json{{"ready", false}, {"redis", false}, {"postgres", false}, {"draining", true}});
}

TEST_CASE("admin_server: /stats, /metrics and /mappings, with any query string", "[integration]") {
    admin_fixture f;
    f.a.front.commands.add(5);
    const http_reply stats = http_get(f.port(), "/stats?pretty=1");
    CHECK(stats.status == 200);
    CHECK(stats.headers.at("content-type") == "application/json");
    CHECK(nlohmann::json::parse(stats.body).at("commands").at("received") == 5);
    const http_reply metrics = http_get(f.port(), "/metrics");
    CHECK(metrics.headers.at("content-type").starts_with("text/plain; version=0.0.4"));
    CHECK(metrics.body.find("\nrespgres_commands_received_total 5") != std::string::npos);
    const auto mappings = nlohmann::json::parse(http_get(f.port(), "/mappings").body);
    REQUIRE(mappings.size() == 2);
    CHECK(mappings[0].at("name") == "m0");
    CHECK(mappings[0].at("key") == "bet:{id:int}");
    CHECK(mappings[0].at("shape") == "string");
    CHECK(mappings[0].at("primary") == "postgres");
    CHECK(mappings[0].at("negative_ttl_ms") == 1000);
}

TEST_CASE("admin_server: other pages are 404, other methods 405 with Allow, each with a JSON reason", "[integration]") {
    const admin_fixture f;
    const http_reply unknown = http_get(f.port(), "/secrets");
    CHECK(unknown.status == 404);
    CHECK(nlohmann::json::parse(unknown.body).at("error").get<std::string>().find("/healthz") != std::string::npos);
    CHECK(http_get(f.port(), "/stats/").status == 404);
    const http_reply refused = http_post(f.port(), "/stats", "x=1");
    CHECK(refused.status == 405);
    CHECK(refused.headers.at("allow") == "GET, HEAD");
    CHECK(nlohmann::json::parse(refused.body).contains("error"));
}

TEST_CASE("admin_server: a Host that is a name of somebody else's is refused, against DNS rebinding", "[integration]") {
    const admin_fixture f;
    const auto with_host = [&f](const std::string& host) {
        return http_raw(f.port(), "GET /stats HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n").substr(9, 3);
    };
    for (const char* own : {"127.0.0.1", "127.0.0.1:9180", "localhost", "localhost:80", "[::1]", "[::1]:9180", "10.1.2.3:1"}) {
        INFO(own);
        CHECK(with_host(own) == "200");
    }
    CHECK(with_host("[::1].evil.example") == "400");   // no host at all
    for (const char* other : {"evil.example", "evil.example:9180", "localhost.evil.example", "127.0.0.1.evil.example"}) {
        INFO(other);
        CHECK(with_host(other) == "421");
    }
    CHECK(http_raw(f.port(), "GET /healthz HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST_CASE("admin_server: HEAD has the headers of GET and no body, for errors too, and the connection stays usable", "[integration]") {
    const admin_fixture f;
    socket_stream connection(f.port());
    std::string buffer;
    for (const char* path : {"/healthz", "/nowhere", "/stats"}) {
        INFO(path);
        connection.write("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const std::string head = read_answer(connection, buffer, true);
        CHECK(head.find("Content-Length: ") != std::string::npos);
        CHECK(head.find("Content-Length: 0\r\n") == std::string::npos);
    }
    connection.write(get("/healthz"));
    const std::string answer = read_answer(connection, buffer);
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(answer.ends_with("\r\n\r\nok\n"));
    CHECK(buffer.empty());
}

TEST_CASE("admin_server: keeps the connection for the next request, pipelined too, and closes it when asked", "[integration]") {
    const admin_fixture f;
    socket_stream connection(f.port());
    std::string buffer;
    connection.write(get("/healthz") + get("/nowhere") + get("/readyz"));
    CHECK(read_answer(connection, buffer).starts_with("HTTP/1.1 200"));
    CHECK(read_answer(connection, buffer).starts_with("HTTP/1.1 404"));
    CHECK(read_answer(connection, buffer).starts_with("HTTP/1.1 200"));
    connection.write(get("/healthz", "Connection: close\r\n"));
    CHECK(read_answer(connection, buffer).find("Connection: close\r\n") != std::string::npos);
    CHECK(is_closed(connection));
}

TEST_CASE("admin_server: a malformed request is answered and its connection closed, others go on", "[integration]") {
    const admin_fixture f;
    for (const std::string& bad :
         {std::string("\x16\x03\x01\x02\n\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET /stats HTTP/1.1\r\n\r\n"),
          std::string("GET /stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"), std::string("PING\r\n\r\n")}) {
        INFO(bad);
        const std::string answer = http_raw(f.port(), bad);
        CHECK(answer.starts_with("HTTP/1.1 400"));
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(http_get(f.port(), "/healthz").status == 200);
    }
}

TEST_CASE("admin_server: a request that does not arrive within 5 s of its first byte is 408, an idle connection stays open",
          "[integration]") {
    const admin_fixture f;
    socket_stream slow(f.port());
    socket_stream dripping(f.port());
    socket_stream idle(f.port());
    const auto began = std::chrono::steady_clock::now();
    slow.write("GET /healthz HTTP/1.1\r\nHost: loc");
    dripping.write("POST /stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n");
    dripping.write("ab");
    CHECK(http_get(f.port(), "/healthz").status == 200);

    std::string buffer;
    CHECK(read_answer(slow, buffer).starts_with("HTTP/1.1 408"));
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= 4900ms);
    CHECK(is_closed(slow));
    buffer.clear();
    CHECK(read_answer(dripping, buffer).starts_with("HTTP/1.1 408"));
    idle.write(get("/healthz"));
    buffer.clear();
    CHECK(read_answer(idle, buffer).starts_with("HTTP/1.1 200"));
    idle.write("GET /heal");   // the time limit is the next request's own
    CHECK_FALSE(idle.readable_within(2s));
}

TEST_CASE("admin_server: above max_connections a connection is told so and closed, when one leaves there is room", "[integration]") {
    const admin_fixture f(2);
    auto first = std::make_unique<socket_stream>(f.port());
    socket_stream second(f.port());
    std::string buffer;
    for (socket_stream* one : {first.get(), &second}) {
        one->write(get("/healthz"));   // answered: it has been admitted
        CHECK(read_answer(*one, buffer).starts_with("HTTP/1.1 200"));
    }
    socket_stream third(f.port());
    std::string refusal;
    while (third.read_some(refusal)) {
    }
    CHECK(refusal.starts_with("HTTP/1.1 503"));
    CHECK(refusal.find("Connection: close\r\n") != std::string::npos);

    first.reset();
    eventually("there is room again", [&f] {
        socket_stream next(f.port());
        next.write(get("/healthz", "Connection: close\r\n"));
        std::string answer;
        while (next.read_some(answer)) {
        }
        return answer.starts_with("HTTP/1.1 200");
    });
}

TEST_CASE("admin_server: an address in use is an error that names it", "[integration]") {
    admin_fixture f;
    conf::admin_settings same;
    same.listen.value.port = f.port();
    try {
        const proxy::admin_server second(same, f.hub, [] { return proxy::readiness_report{}; });
        FAIL("it has bound an address that is in use");
    } catch (const std::system_error& why) {
        CHECK(why.code() == std::errc::address_in_use);
        CHECK(std::string(why.what()) == "cannot listen on 127.0.0.1:" + std::to_string(f.port()) + ": Address already in use");
    }
}

TEST_CASE("admin_server: listens on a Unix socket that only its user may open, and removes it", "[integration]") {
    const temporary_directory directory;
    hub_fixture hub;
    conf::admin_settings settings;
    settings.listen.value = {{}, 0, directory.path() + "/admin.sock", false};
    {
        proxy::admin_server server(settings, hub.hub, [] { return proxy::readiness_report{true, true, true, false}; });
        server.start();
        CHECK(server.port() == 0);
        struct stat status{};
        REQUIRE(::stat(settings.listen.value.path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        socket_stream connection(settings.listen.value.path);
        connection.write(get("/healthz"));
        std::string buffer;
        CHECK(read_answer(connection, buffer).ends_with("ok\n"));
    }
    struct stat status{};
    CHECK(::stat(settings.listen.value.path.c_str(), &status) != 0);
}

TEST_CASE("admin_server: stop() closes open connections, whatever they are doing, and comes back soon", "[integration]") {
    admin_fixture f;
    socket_stream idle(f.port());
    socket_stream half(f.port());
    half.write("GET /healthz HTTP/1.1\r\nHo");
    socket_stream served(f.port());
    served.write(get("/healthz"));
    std::string buffer;
    read_answer(served, buffer);
    const auto began = std::chrono::steady_clock::now();

    f.server->stop();

    CHECK(std::chrono::steady_clock::now() - began < 3s);
    for (socket_stream* one : {&idle, &half, &served}) CHECK(is_closed(*one));
    CHECK_THROWS(socket_stream(f.port()));
    f.server->stop();   // a second time is nothing
}

TEST_CASE("admin_server: may be destroyed without having been started", "[integration]") {
    hub_fixture hub;
    conf::admin_settings settings;
    settings.listen.value.port = 0;
    const proxy::admin_server server(settings, hub.hub, [] { return proxy::readiness_report{}; });
    CHECK(server.port() != 0);
}

TEST_CASE("admin_server: the numbers can be read while workers write them", "[integration]") {
    admin_fixture f;
    std::atomic<bool> done{false};
    std::thread worker([&] {
        while (!done) {
            f.a.front.commands.add();
            f.a.mappings[0].hits.add();
            f.a.mappings[0].fill_latency.add(3ms);
            f.a.redis.in_flight.add(1);
            f.a.redis.in_flight.add(-1);
            if (const auto client = f.clients.admit({})) f.clients.remove(client->id);
        }
    });
    for (int i = 0; i < 20; ++i) {
        CHECK(nlohmann::json::accept(http_get(f.port(), "/stats").body));
        CHECK(http_get(f.port(), "/metrics").status == 200);
    }
    done = true;
    worker.join();
}

}  // namespace respgres::tests
