#include "conf/reader.hpp"
#include "tests/unit/conf/support.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;
using namespace respgres::conf::test;

TEST_CASE("tls: a port that speaks it needs certificate and key", "[conf]") {
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:1\", \"tls:127.0.0.1:2\"]\n") ==
          lines{"t:2:26: listen: tls:127.0.0.1:2 needs certificate and key in [tls]"});
    CHECK(problems_of("[server]\nlisten = \"tls:127.0.0.1:2\"\n[tls]\nkey = \"/k\"\n") == lines{"t:4:7: key: needs certificate too"});
    CHECK(problems_of("[server]\nlisten = \"tls:127.0.0.1:2\"\n[tls]\ncertificate = \"/c\"\n") ==
          lines{"t:4:15: certificate: needs key too"});
    CHECK(problems_of("[server]\nlisten = \"tls:127.0.0.1:2\"\n[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n") == lines{});
}

TEST_CASE("tls: protected mode lets other hosts in only if clients must have certificates", "[conf]") {
    const std::string pair = "certificate = \"/c\"\nkey = \"/k\"\n";
    const std::string port = "[server]\nlisten = \"tls:0.0.0.0:2\"\n[tls]\n" + pair;
    CHECK(problems_of(port) ==
          lines{"t:2:10: listen: tls:0.0.0.0:2 can be reached from other hosts, and clients need no certificate and no password, so "
                "protected_mode refuses it; listen on 127.0.0.1, [::1] or unix:/path, set a mode in [auth], set client_ca in [tls], or set "
                "protected_mode = false"});
    CHECK(problems_of(port + "client_ca = \"/ca\"\n") == lines{});

    // Certificates on one port are no protection of another.
    const auto both = problems_of("[server]\nlisten = [\"0.0.0.0:1\", \"tls:0.0.0.0:2\"]\n[tls]\n" + pair + "client_ca = \"/ca\"\n");
    REQUIRE(both.size() == 1);
    CHECK(both[0].starts_with("t:2:11: listen: 0.0.0.0:1 can be reached from other hosts"));
}

TEST_CASE("tls: one port cannot speak TLS and plain RESP, and the admin port speaks no TLS", "[conf]") {
    const std::string tls = "[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n";
    CHECK(problems_of("[server]\nlisten = [\"127.0.0.1:1\", \"tls:127.0.0.1:1\"]\n" + tls) ==
          lines{"t:2:26: listen: tls:127.0.0.1:1 is given twice"});
    CHECK(problems_of("[admin]\nlisten = \"tls:127.0.0.1:1\"\n") ==
          lines{"t:2:10: listen: the admin port speaks no TLS; use 127.0.0.1, [::1] or unix:/path"});
}

TEST_CASE("tls: options for an encrypted Redis are refused where the url is not, instead of being ignored", "[conf]") {
    CHECK(problems_of("[redis]\nurl = \"redis://h\"\ntls_ca = \"/ca\"\n") ==
          lines{"t:3:10: tls_ca: the url is not encrypted; write rediss://, or leave this out"});
    CHECK(problems_of("[redis]\ntls_server_name = \"h\"\n") ==
          lines{"t:2:19: tls_server_name: the url is not encrypted; write rediss://, or leave this out"});
    CHECK(problems_of("[redis]\nurl = \"unix:///run/r\"\ntls_certificate = \"/c\"\ntls_key = \"/k\"\n") ==
          lines{"t:3:19: tls_certificate: the url is not encrypted; write rediss://, or leave this out",
                "t:4:11: tls_key: the url is not encrypted; write rediss://, or leave this out"});
    CHECK(problems_of("[redis]\nurl = \"rediss://h\"\ntls_key = \"/k\"\n") == lines{"t:3:11: tls_key: needs tls_certificate too"});
    CHECK(problems_of("[redis]\nurl = \"rediss://h\"\ntls_ca = \"/ca\"\ntls_certificate = \"/c\"\ntls_key = \"/k\"\n") == lines{});
}

TEST_CASE("tls: certificates that no port would use are refused, because clients would not be encrypted", "[conf]") {
    CHECK(problems_of("[tls]\ncertificate = \"/c\"\nkey = \"/k\"\n") ==
          lines{"t:2:15: certificate: no port speaks TLS; write tls:host:port in [server] listen"});
    CHECK(problems_of("[tls]\nclient_ca = \"/ca\"\n") ==
          lines{"t:2:13: client_ca: no port speaks TLS; write tls:host:port in [server] listen"});
    CHECK(problems_of("[tls]\nhandshake_timeout = \"1s\"\n") == lines{});
}

TEST_CASE("tls: versions are 1.2 and 1.3", "[conf]") {
    CHECK(problems_of("[tls]\nmin_version = \"1.1\"\n") == lines{"t:2:15: min_version: '1.1' is none of 1.2 or 1.3; did you mean '1.2'?"});
    CHECK(problems_of("[tls]\nmin_version = 1.3\n") == lines{"t:2:15: min_version: must be a string (1.2 or 1.3), not a fraction"});
}

TEST_CASE("unix_socket_mode: octal digits, as chmod takes them", "[conf]") {
    const auto mode = [](const std::string& text) {
        const auto read = read_text("[server]\nunix_socket_mode = " + text + "\n", "t");
        REQUIRE(to_lines(read.found) == lines{});
        return read.value.server.unix_socket_mode.bits;
    };
    CHECK(mode("\"600\"") == 0600);
    CHECK(mode("\"0666\"") == 0666);
    for (const std::string wrong : {"68", "6600", "0", "rw-", "00660", "1777"}) {
        INFO(wrong);
        CHECK(problems_of("[server]\nunix_socket_mode = \"" + wrong + "\"\n") ==
              lines{"t:2:20: unix_socket_mode: '" + wrong + "' is no file mode; write three octal digits such as \"660\""});
    }
    CHECK(problems_of("[server]\nunix_socket_mode = 660\n") ==
          lines{"t:2:20: unix_socket_mode: must be a string of octal digits such as \"660\", not an integer"});
}
