#include "backends/net/tls_loading.hpp"
#include "tests/support/certificates.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace respgres::tests {
namespace {

using lines = std::vector<std::string>;

lines to_lines(const conf::problems& found) {
    lines all;
    for (const auto& each : found) all.push_back(conf::to_string(each));
    return all;
}

conf::located<std::string> option(const std::string& path, std::uint32_t line) {
    return {path, {"t", line, 1}};
}

struct server_side {
    server_side() { server.listen = {{{"127.0.0.1", 1, {}, true}, {}}}; }
    void own(const certificate_files& files) {
        tls.certificate = option(files.certificate, 1);
        tls.key = option(files.key, 2);
    }
    net::tls_loaded load() const { return net::load_server_tls(server, tls); }

    conf::server_settings server;
    conf::tls_settings tls;
};

}  // namespace

TEST_CASE("tls_loading: nothing is read where nothing speaks TLS", "[backends]") {
    server_side side;
    side.own({"/nowhere", "/nowhere"});
    side.server.listen[0].value.tls = false;

    const auto loaded = side.load();

    CHECK_FALSE(loaded.context);
    CHECK(to_lines(loaded.found) == lines{});
}

TEST_CASE("tls_loading: everything that is wrong with the files is told at once, at its option", "[backends]") {
    const authority signer;
    server_side side;
    side.tls.certificate = option(signer.directory().path() + "/none.crt", 1);
    side.tls.key = option(signer.directory().path(), 2);
    side.tls.client_ca = option(signer.directory().write("empty", "nothing"), 3);
    side.tls.ciphers = option("ROT13", 4);
    side.tls.ciphersuites = option("TLS_ROT13", 5);

    const auto found = to_lines(side.load().found);

    REQUIRE(found.size() == 5);
    CHECK(found[0] == "t:1:1: certificate: '" + signer.directory().path() + "/none.crt' cannot be read: No such file or directory");
    CHECK(found[1] == "t:2:1: key: '" + signer.directory().path() + "' is not a regular file");
    CHECK(found[2].starts_with("t:3:1: client_ca: '" + signer.directory().path() + "/empty' holds no certificates in PEM form"));
    CHECK(found[3] == "t:4:1: ciphers: 'ROT13': OpenSSL knows none of them");
    CHECK(found[4] == "t:5:1: ciphersuites: 'TLS_ROT13': OpenSSL knows none of them");
}

TEST_CASE("tls_loading: a key must fit, be private and need no passphrase", "[backends]") {
    const authority signer;
    const auto own = signer.issue("own");
    server_side side;
    side.own(own);
    REQUIRE(side.load().context);
    const auto complaint = [&] {
        const auto loaded = side.load();
        CHECK_FALSE(loaded.context);
        REQUIRE(loaded.found.size() == 1);
        return conf::to_string(loaded.found[0]);
    };

    side.tls.key.value = signer.issue("other").key;
    CHECK(complaint() == "t:2:1: key: '" + side.tls.key.value + "' is not the key of the certificate");
    side.tls.key.value = own.certificate;
    CHECK(complaint() == "t:2:1: key: '" + own.certificate + "' is open to every user of this machine; chmod 600 or 640 it");
    side.tls.key.value = own.key;
    std::filesystem::permissions(own.key, static_cast<std::filesystem::perms>(0604));
    CHECK(complaint() == "t:2:1: key: '" + own.key + "' is open to every user of this machine; chmod 600 or 640 it");
    std::filesystem::permissions(own.key, static_cast<std::filesystem::perms>(0640));
    CHECK(side.load().context);
    side.tls.key.value =
        signer.directory().write("encrypted", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    std::filesystem::permissions(side.tls.key.value, static_cast<std::filesystem::perms>(0600));
    CHECK(complaint() ==
          "t:2:1: key: '" + side.tls.key.value + "' is protected by a passphrase, which nobody can enter; store it without one, mode 600");
    side.tls.key.value = signer.directory().write("text", "hello");
    std::filesystem::permissions(side.tls.key.value, static_cast<std::filesystem::perms>(0600));
    CHECK(complaint() == "t:2:1: key: '" + side.tls.key.value + "' holds no private key in PEM form");
}

TEST_CASE("tls_loading: a certificate that has expired is used, with a warning", "[backends]") {
    const authority signer;
    server_side side;
    side.own(signer.issue("old", "DNS:localhost", std::chrono::hours(-1)));

    const auto loaded = side.load();

    CHECK(loaded.context);
    CHECK(to_lines(loaded.warnings) ==
          lines{"t:1:1: certificate: '" + side.tls.certificate.value + "' has expired; others will refuse it"});
}

TEST_CASE("tls_loading: Redis' side is read for rediss:// only, and its problems name its own options", "[backends]") {
    const authority signer;
    conf::redis_settings redis;
    redis.tls_ca = option("/nowhere/ca", 1);
    CHECK(to_lines(net::load_client_tls(redis).found) == lines{});

    redis.address.tls = true;
    redis.tls_certificate = option(signer.issue("own").certificate, 2);
    redis.tls_key = option(signer.issue("other").key, 3);
    CHECK(to_lines(net::load_client_tls(redis).found) ==
          lines{"t:1:1: tls_ca: '/nowhere/ca' cannot be read: No such file or directory",
                "t:3:1: tls_key: '" + redis.tls_key.value + "' is not the key of the certificate"});

    redis.tls_ca = redis.tls_certificate = redis.tls_key = {};
    CHECK(net::load_client_tls(redis).context);   // the system's authorities
}

}  // namespace respgres::tests
