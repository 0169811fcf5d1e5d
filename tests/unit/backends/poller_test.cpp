#include "backends/net/poller.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace respgres::net {

namespace {

// A context with a poller; run_until() fails when the condition does not come true.
struct loop {
    loop() : watch(context.get_executor()) { watch.start(); }
    ~loop() { watch.stop(); }

    template <class Condition>
    void run_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            context.restart();
            context.run_one_for(std::chrono::milliseconds(100));
            if (std::chrono::steady_clock::now() > deadline) FAIL("the condition did not come true within 10 s");
        }
    }
    // All that is ready now, and what that makes ready.
    void run_ready() {
        context.restart();
        while (context.poll() > 0) context.restart();
    }

    boost::asio::io_context context{1};
    poller watch;
};

// One end of a pair of sockets that is watched, and calls what the test wants.
struct endpoint final : poller::handler {
    endpoint() {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        mine.reset(fds[0]);
        peer.reset(fds[1]);
    }
    void on_ready(readiness ready) override {
        ++events;
        last = ready;
        if (then) then();
    }
    void tell(std::string_view bytes = "x") const {
        REQUIRE(::send(peer.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    }
    std::string take() const {
        std::array<char, 256> bytes;
        const auto got = ::recv(mine.get(), bytes.data(), bytes.size(), 0);
        return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }

    unique_fd mine;
    unique_fd peer;
    int events = 0;
    readiness last{};
    std::function<void()> then;
};

struct flusher final : flushable {
    void flush() override {
        ++flushes;
        if (then) then();
    }
    int flushes = 0;
    std::function<void()> then;
};

}  // namespace

TEST_CASE("poller: tells of data again and again until it is read", "[backends]") {
    loop l;
    endpoint e;
    l.watch.add(e.mine.get(), e, true, false);
    e.tell("abc");
    l.run_until([&] { return e.events >= 3; });
    CHECK(e.last.readable);
    CHECK_FALSE(e.last.writable);
    CHECK_FALSE(e.last.broken);

    CHECK(e.take() == "abc");
    const int before = e.events;
    l.run_ready();
    CHECK(e.events == before);
    l.watch.remove(e.mine.get(), e);
}

TEST_CASE("poller: watches for writing only as long as that is asked for", "[backends]") {
    loop l;
    endpoint e;
    l.watch.add(e.mine.get(), e, true, true);
    l.run_until([&] { return e.events > 0; });
    CHECK(e.last.writable);
    CHECK_FALSE(e.last.readable);

    l.watch.change(e.mine.get(), e, true, false);
    const int before = e.events;
    l.run_ready();
    CHECK(e.events == before);
    l.watch.remove(e.mine.get(), e);
}

TEST_CASE("poller: a peer that closes is readable, and a broken connection is told even if nothing is watched for", "[backends]") {
    loop l;
    endpoint e;
    l.watch.add(e.mine.get(), e, false, false);
    l.run_ready();
    CHECK(e.events == 0);

    e.peer.reset();

    l.run_until([&] { return e.events > 0; });
    CHECK(e.last.readable);
    CHECK(e.last.broken);
    l.watch.remove(e.mine.get(), e);
}

TEST_CASE("poller: a handler that another one removed in the same round is not called any more", "[backends]") {
    loop l;
    std::array<endpoint, 2> both;
    for (std::size_t i = 0; i < 2; ++i) {
        l.watch.add(both[i].mine.get(), both[i], true, false);
        both[i].then = [&, i] {
            l.watch.remove(both[i].mine.get(), both[i]);
            l.watch.remove(both[1 - i].mine.get(), both[1 - i]);
        };
    }
    both[0].tell();
    both[1].tell();

    l.run_until([&] { return both[0].events + both[1].events > 0; });
    l.run_ready();

    CHECK(both[0].events + both[1].events == 1);
}

TEST_CASE("poller: a handler may remove, close and destroy itself and add another one at its number", "[backends]") {
    loop l;
    auto first = std::make_unique<endpoint>();
    std::unique_ptr<endpoint> second;
    l.watch.add(first->mine.get(), *first, true, false);
    first->then = [&] {
        l.watch.remove(first->mine.get(), *first);
        auto* const old = first.release();
        old->mine.reset();
        old->peer.reset();
        second = std::make_unique<endpoint>();
        l.watch.add(second->mine.get(), *second, true, false);
        second->tell();
        boost::asio::post(l.context, [old] { delete old; });
    };
    first->tell();

    l.run_until([&] { return second && second->events > 0; });

    CHECK(second->take() == "x");
    l.watch.remove(second->mine.get(), *second);
    l.run_ready();
}

TEST_CASE("poller: more ready sockets than one round takes are all served", "[backends]") {
    loop l;
    std::vector<std::unique_ptr<endpoint>> many;
    for (int i = 0; i < 400; ++i) {
        many.push_back(std::make_unique<endpoint>());
        endpoint& e = *many.back();
        e.then = [&e] { e.take(); };
        l.watch.add(e.mine.get(), e, true, false);
        e.tell();
    }

    l.run_until([&] { return std::all_of(many.begin(), many.end(), [](const auto& e) { return e->events > 0; }); });

    for (const auto& e : many) {
        CHECK(e->events == 1);
        l.watch.remove(e->mine.get(), *e);
    }
}

TEST_CASE("poller: what many events of one round queue is flushed once, after them", "[backends]") {
    loop l;
    flusher output;
    std::array<endpoint, 3> three;
    int events_at_flush = 0;
    const auto events = [&] { return three[0].events + three[1].events + three[2].events; };
    output.then = [&] { events_at_flush = events(); };
    for (endpoint& e : three) {
        l.watch.add(e.mine.get(), e, true, false);
        e.then = [&] {
            e.take();
            l.watch.defer_flush(output);
        };
    }
    for (endpoint& e : three) e.tell();

    l.run_until([&] { return events() == 3; });
    l.run_ready();

    CHECK(output.flushes == 1);
    CHECK(events_at_flush == 3);
    for (endpoint& e : three) l.watch.remove(e.mine.get(), e);
}

TEST_CASE("poller: a flush from outside of a round comes soon, but not from within defer_flush", "[backends]") {
    loop l;
    flusher output;
    l.watch.defer_flush(output);
    l.watch.defer_flush(output);
    CHECK(output.flushes == 0);
    l.run_ready();
    CHECK(output.flushes == 1);
    l.run_ready();
    CHECK(output.flushes == 1);
}

TEST_CASE("poller: a flush may queue another one and itself, all are carried out", "[backends]") {
    for (const bool in_round : {false, true}) {
        INFO(in_round);
        loop l;
        flusher first;
        flusher second;
        first.then = [&] {
            if (first.flushes < 3) l.watch.defer_flush(first);
            l.watch.defer_flush(second);
        };
        endpoint e;
        e.then = [&] {
            e.take();
            l.watch.defer_flush(first);
        };
        l.watch.add(e.mine.get(), e, true, false);
        if (in_round)
            e.tell();
        else
            l.watch.defer_flush(first);

        l.run_until([&] { return first.flushes == 3; });
        l.run_ready();

        CHECK(first.flushes == 3);
        CHECK(second.flushes >= 1);
        l.watch.remove(e.mine.get(), e);
    }
}

TEST_CASE("poller: a flush that is forgotten does not come, also when another flush forgets it", "[backends]") {
    loop l;
    flusher gone;
    l.watch.defer_flush(gone);
    l.watch.forget_flush(gone);
    l.run_ready();
    CHECK(gone.flushes == 0);

    flusher first;
    auto second = std::make_unique<flusher>();
    first.then = [&] {
        l.watch.forget_flush(*second);
        second.reset();
    };
    l.watch.defer_flush(first);
    l.watch.defer_flush(*second);
    l.run_ready();
    CHECK(first.flushes == 1);

    l.watch.defer_flush(gone);   // forgotten once is not forgotten for ever
    l.run_ready();
    CHECK(gone.flushes == 1);
}

TEST_CASE("poller: stop() leaves nothing pending on the executor", "[backends]") {
    boost::asio::io_context context{1};
    endpoint e;
    {
        poller watch(context.get_executor());
        watch.start();
        watch.add(e.mine.get(), e, true, false);
        watch.remove(e.mine.get(), e);
        watch.stop();
        context.run_for(std::chrono::seconds(5));
        CHECK(context.stopped());   // out of work, not out of time
    }
    CHECK(e.events == 0);
}

TEST_CASE("poller: one that is stopped and destroyed with a flush queued is not touched afterwards", "[backends]") {
    boost::asio::io_context context{1};
    flusher output;
    {
        poller watch(context.get_executor());
        watch.start();
        watch.defer_flush(output);
        watch.forget_flush(output);
        watch.stop();
    }
    context.run_for(std::chrono::seconds(5));
    CHECK(context.stopped());
    CHECK(output.flushes == 0);
}

}  // namespace respgres::net
