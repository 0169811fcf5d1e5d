#include "backends/net/channel.hpp"
#include "backends/net/tls_loading.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_layer.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace respgres::tests {
namespace {

using net::channel;
using net::interest;
using net::transfer;
using status = transfer::status;

struct socket_pair {
    socket_pair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours.reset(ends[0]);
        theirs.reset(ends[1]);
    }
    net::unique_fd ours;
    net::unique_fd theirs;
};

bool is_readable(int fd) {
    pollfd ready{fd, POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
}

// A channel with TLS as the server, and the client's side of it in our hands.
class tls_pair {
public:
    tls_pair() : peer({authority_.file()}) {
        std::signal(SIGPIPE, SIG_IGN);   // as the program does
        const auto files = authority_.issue("server");
        conf::server_settings server;
        server.listen = {{{"127.0.0.1", 1, {}, true}, {}}};
        conf::tls_settings tls;
        tls.certificate.value = files.certificate;
        tls.key.value = files.key;
        context_ = net::load_server_tls(server, tls).context;
        REQUIRE(context_);
        socket_pair sockets;
        theirs = std::move(sockets.theirs);
        net::tls_ptr session = context_->accept(sockets.ours.get());
        ours = channel(std::move(sockets.ours), std::move(session));
    }

    void shake_hands() {
        bool done = false;
        bool peer_done = false;
        for (int i = 0; i < 10 && !(done && peer_done); ++i) {
            if (!peer_done) peer_done = peer.shake_hands();
            deliver();
            if (!done) done = ours.shake_hands().state == status::done;
            collect();
        }
        REQUIRE((done && peer_done));
        std::string none;
        peer.read(none);   // the tickets
    }

    // The peer's bytes to us, `piece` at a time with a look at ours in between.
    template <class Look>
    void deliver_in_pieces(std::size_t piece, Look look) {
        const std::string bytes = peer.take_output();
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            send_raw(std::string_view(bytes).substr(at, piece));
            look();
        }
    }
    void deliver() {
        deliver_in_pieces(std::size_t{1} << 20, [] {});
    }
    void send_raw(std::string_view bytes) {
        REQUIRE(::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    // Our bytes to the peer; false when we have closed.
    bool collect() {
        std::array<char, 64 * 1024> block{};
        ssize_t got = 0;
        while ((got = ::recv(theirs.get(), block.data(), block.size(), 0)) > 0)
            peer.feed(std::string_view(block.data(), static_cast<std::size_t>(got)));
        return got != 0;
    }

    transfer receive() { return ours.receive(scratch); }
    std::string received(transfer what) const { return {scratch.data(), what.bytes}; }

private:
    authority authority_;
    std::shared_ptr<const net::tls_context> context_;

public:
    tls_layer peer;
    net::unique_fd theirs;
    channel ours;
    std::vector<char> scratch = std::vector<char>(256 * 1024);
};

}  // namespace

TEST_CASE("channel: without TLS, bytes, the end and errors are what recv and send tell", "[backends]") {
    socket_pair sockets;
    channel ours(std::move(sockets.ours));
    std::array<char, 16> into{};

    CHECK(ours.receive(into).state == status::waits);
    CHECK(ours.send("hello").bytes == 5);
    CHECK(::recv(sockets.theirs.get(), into.data(), into.size(), 0) == 5);
    CHECK(::send(sockets.theirs.get(), "abc", 3, 0) == 3);
    CHECK(ours.receive(into).bytes == 3);
    CHECK(ours.watch_for(true, false) == interest{true, false});

    sockets.theirs.reset();
    CHECK(ours.receive(into).state == status::ended);
    CHECK(ours.send("x").state == status::failed);
    CHECK(ours.why() == "Broken pipe");
}

TEST_CASE("channel: a handshake and data arrive byte by byte", "[backends]") {
    tls_pair pair;
    bool done = false;
    bool peer_done = false;
    while (!(done && peer_done)) {
        peer_done = peer_done || pair.peer.shake_hands();
        pair.deliver_in_pieces(1, [&] { done = done || pair.ours.shake_hands().state == status::done; });
        pair.collect();
    }

    pair.peer.write("PING\r\n");
    std::string got;
    pair.deliver_in_pieces(1, [&] {
        const transfer one = pair.receive();
        if (one.state == status::done) got += pair.received(one);
        if (one.state != status::done) CHECK(one.state == status::waits);
    });
    CHECK(got == "PING\r\n");
}

TEST_CASE("channel: what a receive leaves behind is still seen by who watches the descriptor", "[backends]") {
    tls_pair pair;
    pair.shake_hands();
    std::string sent;
    for (int i = 0; i < 6; ++i) {
        const std::string record(i == 3 ? channel::longest_record : 1000, static_cast<char>('a' + i));
        pair.peer.write(record);
        sent += record;
    }
    pair.peer.end();
    pair.deliver();

    // A session may stop reading after any of these; the poller must tell it of the rest whenever it comes back.
    std::string got;
    while (true) {
        REQUIRE(is_readable(pair.ours.fd()));
        const transfer one = pair.receive();
        if (one.state == status::ended) break;
        REQUIRE(one.state == status::done);
        got += pair.received(one);
        CHECK(one.bytes <= channel::longest_record);
    }
    CHECK(got == sent);
}

TEST_CASE("channel: what a full socket did not take comes again, from another place and with more behind it", "[backends]") {
    tls_pair pair;
    pair.shake_hands();
    std::string output(3 * 1024 * 1024, '\0');
    for (std::size_t i = 0; i < output.size(); ++i) output[i] = static_cast<char>(i * 7 >> 3);
    const std::string expected = output + "the end";

    std::string got;
    bool was_full = false;
    while (!output.empty()) {
        const transfer sent = pair.ours.send(output);
        if (sent.state == status::done) {
            output.erase(0, sent.bytes);
            continue;
        }
        REQUIRE(sent.state == status::waits);
        CHECK(pair.ours.watch_for(false, true) == interest{false, true});
        if (!std::exchange(was_full, true)) output += "the end";
        output = std::string(output);   // elsewhere
        pair.collect();
        pair.peer.read(got);
    }
    pair.collect();
    pair.peer.read(got);
    CHECK(was_full);
    CHECK(got == expected);
}

TEST_CASE("channel: a request for new keys, cut anywhere, holds up neither direction", "[backends]") {
    for (const std::size_t first : {1u, 5u, 12u, 27u, 30u}) {
        INFO(first);
        tls_pair pair;
        pair.shake_hands();
        auto* const native = const_cast<ssl_st*>(pair.peer.native());
        REQUIRE(SSL_key_update(native, SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(native) == 1);
        pair.peer.write("GET a\r\n");
        const std::string bytes = pair.peer.take_output();

        pair.send_raw(bytes.substr(0, first));
        CHECK(pair.receive().state == status::waits);
        CHECK(pair.ours.send("+OK\r\n").bytes == 5);
        pair.send_raw(bytes.substr(first));
        transfer got{status::waits};
        while (got.state == status::waits && is_readable(pair.ours.fd())) got = pair.receive();
        CHECK(pair.received(got) == "GET a\r\n");
        CHECK(pair.ours.send("+OK\r\n").bytes == 5);

        pair.collect();
        std::string replies;
        CHECK(pair.peer.read(replies));
        CHECK(replies == "+OK\r\n+OK\r\n");
    }
}

TEST_CASE("channel: a stream that ends without close_notify ends, and one that is no TLS fails in words", "[backends]") {
    SECTION("cut off") {
        tls_pair pair;
        pair.shake_hands();
        pair.theirs.reset();
        CHECK(pair.receive().state == status::ended);
    }
    SECTION("cut off within the handshake") {
        tls_pair pair;
        pair.peer.shake_hands();
        pair.deliver();
        CHECK(pair.ours.shake_hands().state == status::waits);
        pair.theirs.reset();
        CHECK(pair.ours.shake_hands().state != status::done);
    }
    SECTION("bytes that are no record") {
        tls_pair pair;
        pair.shake_hands();
        pair.send_raw("*1\r\n$4\r\nPING\r\n");
        CHECK(pair.receive().state == status::failed);
        CHECK(pair.ours.why() != "");
        CHECK(pair.receive().state != status::done);
    }
}

TEST_CASE("channel: closing tells the peer that nothing was cut off", "[backends]") {
    tls_pair pair;
    pair.shake_hands();
    CHECK(pair.ours.send("bye").bytes == 3);
    pair.ours.close();

    std::string got;
    CHECK_FALSE(pair.collect());
    CHECK_FALSE(pair.peer.read(got));   // an end, not an error and not only a closed socket
    CHECK(got == "bye");
}

}  // namespace respgres::tests
