// TLS with clients.
#include "tests/e2e/tls.hpp"
#include "tests/e2e/shop.hpp"

#include <catch2/catch.hpp>

#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

namespace respgres::tests {
namespace {

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// What a client hears whose handshake the proxy refuses; TLS 1.3 tells it only when it reads.
std::string refusal(std::uint16_t port, const tls_options& how) {
    try {
        resp_client client(port, how);
        client.send({"PING"});
        return client.read_all_until_close().empty() ? "closed" : "answered";
    } catch (const std::runtime_error& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("tls: commands, fills and pipelines in both versions of the protocol", "[e2e]") {
    tls_proxy at;
    auto client = at.client();

    CHECK(client.call({"SET", "a", "b"}) == "+OK\r\n");
    CHECK(client.call({"GET", "mapped:7"}) == bulk("7"));
    CHECK(client.call_raw("PING\r\n") == "+PONG\r\n");

    std::string pipeline;
    for (int i = 0; i < 5'000; ++i) pipeline += resp_client::encode({"INCR", "counter"});
    client.send_raw(pipeline);
    for (int i = 1; i <= 5'000; ++i) REQUIRE(client.read_reply() == ":" + std::to_string(i) + "\r\n");

    CHECK(client.hello3().starts_with("%7\r\n"));
    CHECK(client.call({"SUBSCRIBE", "news"}) == ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    resp_client(at.redis().port()).call({"PUBLISH", "news", "today"});
    CHECK(client.read_reply() == ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\ntoday\r\n");
    CHECK(stat(at.proxy(), "", "tls_handshakes") == 1);
}

TEST_CASE("tls: redis-cli, with TLS 1.2 and 1.3", "[e2e]") {
    tls_proxy at;
    const std::vector<std::string> with_tls{"redis-cli", "-p", std::to_string(at.port()), "--tls", "--cacert", at.signer().file()};
    const auto run = [&with_tls](const std::vector<std::string>& more) {
        auto command = with_tls;
        command.insert(command.end(), more.begin(), more.end());
        return run_program(command).output;
    };

    CHECK(run({"SET", "a", "b"}) == "OK\n");
    CHECK(run({"-3", "GET", "a"}) == "b\n");
    CHECK(resp_client(at.port(), {at.signer().file(), {}, {}, TLS1_2_VERSION}).call({"GET", "a"}) == bulk("b"));
    CHECK(refusal(at.port(), {at.signer().file(), {}, {}, TLS1_1_VERSION}).starts_with("TLS handshake: tlsv1 alert protocol version"));
}

TEST_CASE("tls: values of 16 MiB both ways, and everything in pieces of one byte", "[e2e]") {
    tls_proxy at;
    const std::string value = patterned(16 * 1024 * 1024);

    auto client = at.client();
    CHECK(client.call({"SET", "big", value}) == "+OK\r\n");
    CHECK(same_bytes(client.call({"GET", "big"}), bulk(value)));

    auto slow = at.trusting();
    slow.piece = 1;
    resp_client dribbling(at.port(), slow);
    const std::string small = patterned(1'000);
    CHECK(dribbling.call({"SET", "small", small}) == "+OK\r\n");
    dribbling.send_raw(resp_client::encode({"GET", "small"}) + resp_client::encode({"STRLEN", "big"}) +
                       resp_client::encode({"GET", "none"}));
    CHECK(dribbling.read_reply() == bulk(small));
    CHECK(dribbling.read_reply() == ":16777216\r\n");
    CHECK(dribbling.read_reply() == "$-1\r\n");

    auto records = at.trusting();
    records.piece = 4'099;   // no multiple of a record's length
    resp_client halves(at.port(), records);
    CHECK(halves.call({"SET", "big2", value}) == "+OK\r\n");
    CHECK(same_bytes(resp_client(at.redis().port()).call({"GET", "big2"}), bulk(value)));
}

TEST_CASE("tls: a client that reads late is not read from meanwhile, and then gets everything", "[e2e]") {
    tls_proxy at;
    auto client = at.client();
    const std::string value = patterned(1024 * 1024);
    REQUIRE(client.call({"SET", "big", value}) == "+OK\r\n");

    constexpr int large = 40;
    constexpr int small = 3'000;
    std::string pipeline;
    for (int i = 0; i < large; ++i) pipeline += resp_client::encode({"GET", "big"});
    for (int i = 0; i < small; ++i) pipeline += resp_client::encode({"ECHO", std::to_string(i)});
    client.send_raw(pipeline);
    // The session is full, and stops: what it waits for is the client.
    eventually("replies wait for the client", [&] { return stat(at.proxy(), "", "client_buffer_bytes") > 1024 * 1024; });

    for (int i = 0; i < large; ++i) REQUIRE(same_bytes(client.read_reply(), bulk(value)));
    for (int i = 0; i < small; ++i) REQUIRE(client.read_reply() == bulk(std::to_string(i)));
    CHECK(client.call({"PING"}) == "+PONG\r\n");
}

TEST_CASE("tls: who is silent, slow or gone within the handshake is closed in time", "[e2e]") {
    tls_proxy at({.tls = "handshake_timeout = \"300ms\""});

    socket_stream silent(at.port());
    socket_stream half(at.port());
    half.write("\x16\x03\x01");
    {
        const socket_stream scan(at.port());   // comes and goes, as a load balancer's check does
    }
    std::string got;
    CHECK_FALSE(silent.read_some(got));
    CHECK_FALSE(half.read_some(got));
    CHECK(got == "");

    CHECK(at.client().call({"PING"}) == "+PONG\r\n");
    eventually("the failures are counted", [&] { return stat(at.proxy(), "", "tls_failures") == 2; });
    wait_for_log(at.proxy(), "failed: not done within 300 ms");
    eventually("only /stats' own clients are left", [&] { return stat(at.proxy(), "", "connected") == 0; });
}

TEST_CASE("tls: plain text on the TLS port, and TLS on the plain port, are told so", "[e2e]") {
    tls_proxy at;

    resp_client plain(at.port());
    plain.send({"GET", "a"});
    CHECK(plain.read_all_until_close() == "-ERR this port speaks TLS only; connect with TLS (redis-cli --tls, rediss://)\r\n");
    wait_for_log(at.proxy(), "failed: a plain-text client on a TLS port");

    CHECK(refusal(at.proxy().port(), at.trusting()).starts_with("TLS handshake: "));
    wait_for_log(at.proxy(), "closed: ERR this port speaks plain RESP, not TLS; a port that does is written tls:host:port");
}

TEST_CASE("tls: with client_ca, only clients with a certificate of that authority get in", "[e2e]") {
    tls_proxy at({.asks_for_certificates = true});
    const authority stranger("stranger");

    resp_client known(at.port(), at.with_certificate(at.signer().issue("client")));
    CHECK(known.call({"PING"}) == "+PONG\r\n");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        INFO(version);
        auto none = at.trusting();
        auto foreign = at.with_certificate(stranger.issue("client"));
        auto expired = at.with_certificate(at.signer().issue("late", "DNS:late", std::chrono::hours(-1)));
        for (tls_options* each : {&none, &foreign, &expired}) {
            each->max_version = version;
            CHECK(refusal(at.port(), *each).find("alert") != std::string::npos);
        }
    }
    CHECK(known.call({"PING"}) == "+PONG\r\n");
    CHECK(stat(at.proxy(), "", "tls_handshakes") == 1);
    eventually("the failures are counted", [&] { return stat(at.proxy(), "", "tls_failures") == 6; });
    wait_for_log(at.proxy(), "failed: the client has no certificate, which client_ca asks for");
}

TEST_CASE("tls: the log says why certificates of clients are refused, but not a line for each", "[e2e]") {
    tls_proxy at({.asks_for_certificates = true});
    const authority stranger("stranger");

    CHECK(refusal(at.port(), at.with_certificate(stranger.issue("client"))).find("unknown ca") != std::string::npos);
    wait_for_log(at.proxy(), "failed: the client's certificate is not signed by client_ca: unable to get local issuer certificate");
    for (int i = 0; i < 50; ++i) refusal(at.port(), at.trusting());
    eventually("all are counted", [&] { return stat(at.proxy(), "", "tls_failures") == 51; });

    const std::string log = at.proxy().log();
    std::size_t lines = 0;
    for (auto found = log.find("TLS handshake"); found != std::string::npos; found = log.find("TLS handshake", found + 1)) ++lines;
    CHECK(lines < 15);   // one a second and worker
}

TEST_CASE("tls: a client that ends its side gets its replies, and QUIT and SIGTERM end the stream properly", "[e2e]") {
    tls_proxy at;

    auto half_closed = at.client();
    half_closed.send({"SET", "a", "b"});
    half_closed.send({"GET", "a"});
    half_closed.shutdown_send();
    CHECK(half_closed.read_all_until_close() == "+OK\r\n$1\r\nb\r\n");

    auto quits = at.client();
    quits.send({"QUIT"});
    CHECK(quits.read_all_until_close() == "+OK\r\n");

    auto stays = at.client();
    CHECK(stays.call({"PING"}) == "+PONG\r\n");
    const socket_stream in_handshake(at.port());
    CHECK(at.proxy().stop() == 0);
    CHECK(stays.read_all_until_close() == "");
}

TEST_CASE("tls: CLIENT LIST and KILL know clients of a TLS port like others", "[e2e]") {
    tls_proxy at;
    auto client = at.client();
    auto other = at.client();
    const std::string id = client.call({"CLIENT", "ID"});

    CHECK(other.call({"CLIENT", "LIST"}).find("laddr=127.0.0.1:" + std::to_string(at.port())) != std::string::npos);
    CHECK(other.call({"CLIENT", "KILL", "ID", id.substr(1, id.size() - 3)}) == ":1\r\n");
    CHECK(client.read_all_until_close() == "");
}

TEST_CASE("tls: max_clients counts those in the handshake", "[e2e]") {
    tls_proxy at({.server = "max_clients = 2"});
    const socket_stream first(at.port());
    const socket_stream second(at.port());
    eventually("both are there", [&] { return stat(at.proxy(), "", "connected") == 2; });

    CHECK(refusal(at.port(), at.trusting()) == "TLS handshake: the peer closed the connection");
}

TEST_CASE("tls: an expired certificate is used, with a warning that names its place", "[e2e]") {
    const authority signer;
    tls_proxy at({.own = signer.issue("old", "IP:127.0.0.1", std::chrono::hours(-1))});

    wait_for_log(at.proxy(), "certificate: '");
    wait_for_log(at.proxy(), "has expired; others will refuse it");
    CHECK(refusal(at.port(), {signer.file()}) == "TLS handshake: certificate verify failed");
}

}  // namespace respgres::tests
