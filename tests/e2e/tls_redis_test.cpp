// TLS with Redis.
#include "tests/e2e/shop.hpp"
#include "tests/e2e/tls.hpp"
#include "tests/support/fake_server.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace respgres::tests {
namespace {

// A Redis with a TLS port, which asks for clients' certificates or does not.
class tls_redis {
public:
    explicit tls_redis(const std::string& asks = "no", const certificate_files& own = {})
        : server_({"--tls-port", std::to_string(port_.number()), "--tls-cert-file", files(own).certificate, "--tls-key-file",
                   files(own).key, "--tls-ca-cert-file", signer_.file(), "--tls-auth-clients", asks}) {}

    std::string url(const std::string& host = "127.0.0.1") const { return "rediss://" + host + ":" + std::to_string(port_.number()); }
    std::uint16_t port() const { return port_.number(); }
    const authority& signer() const { return signer_; }
    redis_server& server() { return server_; }

    // [redis] of a proxy that trusts our authority.
    std::string options(const std::string& more = {}) const { return "tls_ca = \"" + signer_.file() + "\"\n" + more; }

private:
    certificate_files files(const certificate_files& own) {
        if (own_.key.empty()) own_ = own.key.empty() ? signer_.issue("redis") : own;
        return own_;
    }

    authority signer_;
    certificate_files own_;
    reserved_port port_;
    redis_server server_;
};

std::string own_certificate(const certificate_files& files) {
    return "tls_certificate = \"" + files.certificate + "\"\ntls_key = \"" + files.key + "\"\n";
}

// What `respgres check` says of a Redis.
program_result check(const std::string& url, const std::string& options) {
    const temporary_directory directory;
    return run_respgres({"check", "--config",
                         directory.write("check.toml", "[admin]\nlisten = \"\"\n[redis]\nurl = \"" + url +
                                                           "\"\nconnect_timeout = \"500ms\"\n" + options + "\n")});
}

std::string address(const tls_redis& redis) {
    return "Redis cannot be reached: tls:127.0.0.1:" + std::to_string(redis.port()) + ": ";
}

bool says(const program_result& result, const std::string& words) {
    INFO(result.output);
    CHECK(result.output.find(words) != std::string::npos);
    return result.exit_code == 2;
}

}  // namespace

TEST_CASE("tls to Redis: shared and dedicated connections, both versions, databases, fills and outages", "[e2e]") {
    shop at;
    tls_redis redis("yes");
    auto config = at.config(shop::item());
    config.redis_url = redis.url();
    config.redis_options = redis.options(own_certificate(redis.signer().issue("proxy")));
    proxy_process proxy(config);
    resp_client client(proxy.port());
    resp_client direct(redis.server().port());

    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    eventually_replies(direct, {"GET", "item:1"}, "$5\r\napple\r\n");
    CHECK(client.call({"MULTI"}) == "+OK\r\n");
    CHECK(client.call({"SET", "a", "b"}) == "+QUEUED\r\n");
    CHECK(client.call({"EXEC"}) == "*1\r\n+OK\r\n");
    CHECK(client.call({"WATCH", "a"}) == "+OK\r\n");
    CHECK(client.call({"UNWATCH"}) == "+OK\r\n");
    CHECK(client.call({"SELECT", "3"}) == "+OK\r\n");
    CHECK(client.call({"SET", "a", "in 3"}) == "+OK\r\n");
    CHECK(client.call({"SELECT", "0"}) == "+OK\r\n");
    CHECK(client.call({"RPUSH", "list", "x"}) == ":1\r\n");
    CHECK(client.call({"BLPOP", "list", "0"}) == "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
    CHECK(client.hello3().starts_with("%7\r\n"));
    CHECK(client.call({"HGETALL", "none"}) == "%0\r\n");
    CHECK(client.call({"SUBSCRIBE", "news"}) == ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    CHECK(direct.call({"PUBLISH", "news", "today"}) == ":1\r\n");
    CHECK(client.read_reply() == ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\ntoday\r\n");

    redis.server().stop();
    redis.server().start();
    resp_client again(proxy.port());
    eventually_replies(again, {"SET", "after", "1"}, "+OK\r\n");
}

TEST_CASE("tls to Redis: values of 16 MiB and long pipelines both ways", "[e2e]") {
    shop at;
    tls_redis redis;
    auto config = at.config({});
    config.redis_url = redis.url("localhost");
    config.redis_options = redis.options();
    proxy_process proxy(config);
    resp_client client(proxy.port());
    const std::string value = patterned(16 * 1024 * 1024);

    CHECK(client.call({"SET", "big", value}) == "+OK\r\n");
    CHECK(same_bytes(client.call({"GET", "big"}), "$16777216\r\n" + value + "\r\n"));
    CHECK(same_bytes(resp_client(redis.server().port()).call({"GET", "big"}), "$16777216\r\n" + value + "\r\n"));
    std::string pipeline;
    for (int i = 0; i < 10'000; ++i) pipeline += resp_client::encode({"INCR", "counter"});
    client.send_raw(pipeline);
    for (int i = 1; i <= 10'000; ++i) REQUIRE(client.read_reply() == ":" + std::to_string(i) + "\r\n");
}

TEST_CASE("tls to Redis: who cannot prove to be the Redis of the url is refused, in words", "[e2e]") {
    const authority stranger("stranger");
    tls_redis redis;
    CHECK(check(redis.url(), redis.options()).exit_code == 0);
    CHECK(check(redis.url("localhost"), redis.options()).exit_code == 0);

    CHECK(says(check(redis.url(), "tls_ca = \"" + stranger.file() + "\""),
               address(redis) + "its certificate is not signed by tls_ca: self-signed certificate in certificate chain"));
    CHECK(says(check(redis.url(), {}), address(redis) + "its certificate is not signed by tls_ca: "));  // nor by the system's authorities
    CHECK(says(check(redis.url(), redis.options("tls_server_name = \"redis.example\"")),
               address(redis) + "its certificate is for another host (see tls_server_name): hostname mismatch"));

    tls_redis elsewhere("no", redis.signer().issue("elsewhere", "DNS:redis.example"));
    const std::string trusting = "tls_ca = \"" + redis.signer().file() + "\"\n";
    CHECK(says(check(elsewhere.url(), trusting),
               address(elsewhere) + "its certificate is for another host (see tls_server_name): IP address mismatch"));
    CHECK(check(elsewhere.url(), trusting + "tls_server_name = \"redis.example\"").exit_code == 0);

    tls_redis old("no", redis.signer().issue("old", "IP:127.0.0.1", std::chrono::hours(-1)));
    CHECK(says(check(old.url(), trusting), address(old) + "its certificate is not valid: certificate has expired"));
}

TEST_CASE("tls to Redis: a server's own certificate can be its authority", "[e2e]") {
    const authority nobody_knows("stranger");
    const auto own = nobody_knows.issue("own");
    tls_redis one("no", own);
    const auto checked = check(one.url(), "tls_ca = \"" + own.certificate + "\"");
    INFO(checked.output);
    CHECK(checked.exit_code == 0);
}

TEST_CASE("tls to Redis: a missing or foreign certificate of ours, plain ports and silence are told in words", "[e2e]") {
    tls_redis strict("yes");
    CHECK(says(check(strict.url(), strict.options()), "the server asks for a client certificate: tls_certificate and tls_key"));
    const authority stranger("stranger");
    CHECK(says(check(strict.url(), strict.options(own_certificate(stranger.issue("proxy")))),
               "the server does not trust our tls_certificate"));
    CHECK(check(strict.url(), strict.options(own_certificate(strict.signer().issue("proxy")))).exit_code == 0);

    const std::string plain = "rediss://127.0.0.1:" + std::to_string(strict.server().port());
    const auto asked_plain = check(plain, strict.options());
    INFO(asked_plain.output);
    CHECK(asked_plain.exit_code == 2);
    CHECK((asked_plain.output.find("what answers speaks no TLS") != std::string::npos ||
           asked_plain.output.find("no TLS handshake within the connect time limit") != std::string::npos));
    CHECK(says(check("redis://127.0.0.1:" + std::to_string(strict.port()), {}), "Redis cannot be reached: "));

    fake_server silent([](fake_server::socket& connection) {
        std::array<char, 1024> bytes{};
        boost::system::error_code ended;
        while (!ended) connection.read_some(boost::asio::buffer(bytes), ended);
    });
    CHECK(says(check("rediss://127.0.0.1:" + std::to_string(silent.port()), strict.options()),
               "no TLS handshake within the connect time limit"));
}

}  // namespace respgres::tests
