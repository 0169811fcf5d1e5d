#include "conf/values/address.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;

namespace {

endpoint address(std::string_view text) {
    endpoint out;
    INFO(text);
    CHECK(read_listen_address(text, out) == "");
    return out;
}

std::string complaint_about(std::string_view text) {
    endpoint out{"unchanged", 1, {}, false};
    auto wrong = read_listen_address(text, out);
    CHECK(out.host == "unchanged");
    return wrong;
}

}  // namespace

TEST_CASE("address: each form is read and shown as it was written", "[conf]") {
    for (const std::string text :
         {"127.0.0.1:6380", "localhost:0", "my-host.example:65535", "[::1]:6380", "[fe80::1%eth0]:1", "unix:/run/a.sock"})
        CHECK(to_string(address(text)) == text);

    CHECK(address("[::1]:6380").host == "::1");
    CHECK(address("[::1]:6380").port == 6380);
    CHECK(address("unix:/run/a b:c").path == "/run/a b:c");
    CHECK(address("unix:/run/a").host.empty());
    CHECK(to_string(endpoint{"::1", 5, {}, true}) == "tls:[::1]:5");
}

TEST_CASE("address: what is none says what to write", "[conf]") {
    CHECK(complaint_about("6380") == "'6380': the port is missing; write HOST:PORT");
    CHECK(complaint_about(":6380") == "':6380': the host is missing; write HOST:PORT");
    CHECK(complaint_about("h:") == "'h:': the port is not a number from 0 to 65535");
    CHECK(complaint_about("h:65536") == "'h:65536': the port is not a number from 0 to 65535");
    CHECK(complaint_about("h:-1") == "'h:-1': the port is not a number from 0 to 65535");
    CHECK(complaint_about("h:6380x") == "'h:6380x': the port is not a number from 0 to 65535");
    CHECK(complaint_about("::1:6380") == "'::1:6380': an IPv6 address needs brackets; write [::1]:PORT");
    CHECK(complaint_about("[::1:6380") == "'[::1:6380': the bracket is not closed; write [::1]:PORT");
    CHECK(complaint_about("[::1]6380") == "'[::1]6380': only :PORT may follow the bracket");
    CHECK(complaint_about("[::1]") == "'[::1]': the port is missing; write HOST:PORT");
    CHECK(complaint_about("[host]:1") == "'[host]:1': there is no IPv6 address between the brackets");
    for (const std::string interface : {"", "eth 0", "eth\t0", "\b", "0123456789abcdef"})
        CHECK(complaint_about("[fe80::1%" + interface + "]:1").ends_with(": there is no IPv6 address between the brackets"));
    CHECK(complaint_about("a b:1") == "'a b:1': the host is not a name or an address");
    CHECK(complaint_about("http://h:1") == "'http://h:1': an IPv6 address needs brackets; write [::1]:PORT");
    CHECK(complaint_about("unix:a.sock") == "'unix:a.sock': the path of a Unix socket must be absolute; write unix:/path");
    CHECK(complaint_about("unix:") == "'unix:': the path of a Unix socket must be absolute; write unix:/path");
    CHECK(complaint_about("tls:h") == "'tls:h': the port is missing; write HOST:PORT");
}

TEST_CASE("address: a socket's path has at most the 107 bytes that the system takes", "[conf]") {
    endpoint out;
    CHECK(read_socket_path("/" + std::string(106, 'a'), out) == "");
    CHECK(read_socket_path("/" + std::string(107, 'a'), out) == "the path of a Unix socket has at most 107 bytes");
    CHECK(read_socket_path(std::string_view{"/a\0b", 4}, out) == "the path of a Unix socket contains a control character");
    CHECK(read_socket_path("/a\x1b[1m", out) == "the path of a Unix socket contains a control character");
}

TEST_CASE("endpoint: loopback is 127.0.0.0/8, ::1, localhost and every Unix socket, and nothing that looks like them", "[conf]") {
    for (const auto* host : {"127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "localhost", "LocalHost"}) {
        INFO(host);
        CHECK(endpoint{host, 1, {}, false}.is_loopback());
    }
    for (const auto* host :
         {"0.0.0.0", "10.0.0.1", "126.0.0.1", "128.0.0.1", "::", "::2", "127.0.0.1.example.com", "localhost.example.com", "host", ""}) {
        INFO(host);
        CHECK_FALSE(endpoint{host, 1, {}, false}.is_loopback());
    }
    CHECK(endpoint{"", 0, "/run/a", false}.is_loopback());
}
