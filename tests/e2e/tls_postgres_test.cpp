// TLS with PostgreSQL, which libpq does as the url says: it must work for connections and for cancelling queries.
#include "tests/e2e/shop.hpp"
#include "tests/support/certificates.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <pwd.h>
#include <string>
#include <unistd.h>

namespace respgres::tests {
namespace {

// Gives the server a certificate for localhost, and lets nobody in over TCP without TLS.
void switch_tls_on(postgres_server& server, const authority& signer) {
    namespace fs = std::filesystem;
    const auto files = signer.issue("postgres", "DNS:localhost");
    const std::string data = server.socket_directory() + "/data/";
    fs::copy_file(files.certificate, data + "server.crt");
    fs::copy_file(files.key, data + "server.key");
    if (::geteuid() == 0) {
        const passwd* owner = ::getpwnam("postgres");
        REQUIRE(owner != nullptr);
        for (const char* name : {"server.crt", "server.key"}) REQUIRE(::chown((data + name).c_str(), owner->pw_uid, owner->pw_gid) == 0);
    }
    server.execute("ALTER SYSTEM SET ssl = on");
    server.execute("SELECT pg_reload_conf()");
    eventually("PostgreSQL speaks TLS", [&] { return server.execute("SHOW ssl").at(0).at(0) == "on"; });
}

std::string url(const postgres_server& server, const std::string& host, const std::string& more) {
    return "postgresql://postgres@" + host + ":" + std::to_string(server.port()) + "/postgres?" + more;
}

program_result check(const shop& at, const std::string& postgres_url) {
    auto config = at.config(shop::item());
    config.postgres_url = postgres_url;
    config.postgres_options = "connect_timeout = \"500ms\"";
    const temporary_directory directory;
    return run_respgres({"check", "--config", directory.write("check.toml", config.text(1, 2))});
}

}  // namespace

TEST_CASE("tls to PostgreSQL: with sslmode=verify-full keys are filled, and queries that take too long are cancelled", "[e2e]") {
    shop at;
    const authority signer;
    switch_tls_on(at.postgres, signer);
    auto config = at.config(shop::item(shop::slow_query, "fill_timeout = \"300ms\"") +
                            "[mapping.encrypted]\nkey = \"encrypted:{id:int}\"\nttl = \"1m\"\n"
                            "query = \"SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND :id = 1\"\n");
    config.postgres_url = url(at.postgres, "localhost", "sslmode=verify-full&sslrootcert=" + signer.file());
    proxy_process proxy(config);
    resp_client client(proxy.port());

    CHECK(client.call({"GET", "encrypted:1"}) == "$4\r\ntrue\r\n");
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    at.sleep_in_queries("30");
    const stopwatch since;
    CHECK(client.call({"GET", "item:2"}).starts_with("-"));
    at.wait_until_none_runs();   // cancelled at the server, or it would sleep on
    CHECK(since.elapsed() < std::chrono::seconds(20));
    CHECK(stat(proxy, "", "cancels") >= 1);
}

TEST_CASE("tls to PostgreSQL: who cannot prove to be the server of the url is refused, in libpq's words", "[e2e]") {
    shop at;
    const authority signer;
    const authority stranger("stranger");
    const auto plain = check(at, url(at.postgres, "localhost", "sslmode=require"));
    CHECK(plain.exit_code == 2);
    CHECK(plain.output.find("server does not support SSL, but SSL was required") != std::string::npos);
    switch_tls_on(at.postgres, signer);

    CHECK(check(at, url(at.postgres, "localhost", "sslmode=verify-full&sslrootcert=" + signer.file())).exit_code == 0);
    const auto foreign = check(at, url(at.postgres, "localhost", "sslmode=verify-full&sslrootcert=" + stranger.file()));
    CHECK(foreign.exit_code == 2);
    CHECK(foreign.output.find("certificate verify failed") != std::string::npos);
    const auto other_name = check(at, url(at.postgres, "127.0.0.1", "sslmode=verify-full&sslrootcert=" + signer.file()));
    CHECK(other_name.exit_code == 2);
    CHECK(other_name.output.find("does not match host name \"127.0.0.1\"") != std::string::npos);
}

}  // namespace respgres::tests
