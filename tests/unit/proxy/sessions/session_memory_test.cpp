// What a connection costs while nobody uses it (performance.md, P15: at most 300 bytes before use, 400 after).
#include "proxy/clients/client_registry.hpp"
#include "proxy/clients/client_table.hpp"
#include "proxy/sessions/session.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <malloc.h>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace respgres::proxy {

namespace {

constexpr std::size_t most_unused = 300;
constexpr std::size_t most_used = 400;

// Answers everything with OK.
struct agreeing_sink final : command_sink {
    verdict on_command(session& client, std::span<const std::string_view>, std::string_view) override {
        client.answer(client.open_slot(), "+OK\r\n");
        return verdict::taken;
    }
    std::size_t take_front(session&, std::string_view) override { return 0; }
    void on_protocol_error(session&, std::string_view) override {}
};

struct no_session_owner final : session_owner {
    void on_closed(session&) override {}
};

// The sessions of a worker whose context does not run: each session is told by hand that its client has sent something.
class idle_worker {
public:
    void let_in(net::unique_fd socket) {
        auto record = clients_.admit({{}, entrance_, socket.get()});
        const std::uint64_t id = record->id;
        sessions_.add(id, std::make_unique<session>(net::channel(std::move(socket)), std::move(record), environment_));
        sessions_.find(id)->set_user(static_cast<const user*>(nullptr));
    }
    // Reads what each client has sent, and answers it, one after the other.
    void serve() {
        sessions_.for_each([](session& client) {
            client.on_ready({true, false, false});
            client.flush();
        });
    }

private:
    boost::asio::io_context context_{1};
    net::poller poller_{context_.get_executor()};
    conf::server_settings limits_;
    traffic_pool traffic_{limits_of(limits_)};
    agreeing_sink sink_;
    no_session_owner owner_;
    session_environment environment_{poller_, traffic_, sink_, owner_, limits_};
    local_addresses addresses_;
    local_address_ptr entrance_ = addresses_.get("127.0.0.1:6380");
    client_registry clients_{1'000};
    client_table<std::unique_ptr<session>> sessions_;
};

// Of this thread's program; 0 under a sanitizer, which has an allocator of its own.
std::size_t allocated_bytes() {
    return ::mallinfo2().uordblks;
}

}  // namespace

TEST_CASE("session: a connection that nobody uses costs few bytes, before and after use, its record and its places included", "[proxy]") {
    constexpr std::size_t count = 200;
    idle_worker worker;
    std::vector<net::unique_fd> peers;
    peers.reserve(count);
    const std::size_t before = allocated_bytes();

    for (std::size_t i = 0; i < count; ++i) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
        peers.emplace_back(ends[0]);
        worker.let_in(net::unique_fd(ends[1]));
    }
    const std::size_t unused = allocated_bytes() - before;

    constexpr std::string_view ping = "PING\r\n";
    for (const auto& peer : peers) REQUIRE(::send(peer.get(), ping.data(), ping.size(), 0) == static_cast<ssize_t>(ping.size()));
    worker.serve();
    for (const auto& peer : peers) {
        std::array<char, 16> reply{};
        REQUIRE(::recv(peer.get(), reply.data(), reply.size(), 0) == 5);
    }
    const std::size_t used = allocated_bytes() - before;

    CAPTURE(sizeof(session), sizeof(client_record));
    CHECK(unused / count <= most_unused);
    CHECK(used / count <= most_used);
}

}  // namespace respgres::proxy
