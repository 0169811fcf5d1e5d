#include "tests/integration/redis_link_fixture.hpp"
#include "tests/support/fake_server.hpp"

#include "tests/support/resp_client.hpp"

#include <catch2/catch.hpp>

#include <mutex>

namespace respgres::tests {

namespace {

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

}  // namespace

TEST_CASE("link: replies come in the order of the commands, each to its sender with its token", "[integration]") {
    redis_server server;
    reply_keeper odd;
    reply_keeper even;
    link_fixture f(link_settings_for(server.port()));
    f.connect();

    for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(f->send(words({"ECHO", std::to_string(i)}), i % 2 == 0 ? even : odd, i));
    f.loop().until("all replies", [&] { return odd.all.size() + even.all.size() == 1000; });

    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto& got = (i % 2 == 0 ? even : odd).all[i / 2];
        REQUIRE(got.token == i);
        REQUIRE(got.bytes == bulk(std::to_string(i)));
    }
    CHECK(f->is_idle());
    CHECK(f.stats.in_flight.get() == 0);
    CHECK(f.stats.commands.get() == 1000);
    CHECK(f.stats.errors.get() == 0);
    CHECK(f->server_version().starts_with("7."));
}

TEST_CASE("link: one send of several commands has that many replies under one token", "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()));
    f.connect();

    REQUIRE(f->send(words({"MULTI"}) + words({"SET", "k", "v"}) + words({"EXEC"}), keep, 7, 3));
    REQUIRE(f->send(words({"GET", "k"}), keep, 8));
    f.loop().until("all replies", [&] { return keep.all.size() == 4; });

    CHECK(keep.all[0].bytes == "+OK\r\n");
    CHECK(keep.all[1].bytes == "+QUEUED\r\n");
    CHECK(keep.all[2].bytes == "*1\r\n+OK\r\n");
    CHECK(keep.all[2].token == 7);
    CHECK(keep.all[3].token == 8);
    CHECK(keep.all[3].bytes == "$1\r\nv\r\n");
}

TEST_CASE("link: a large reply comes in parts, and large commands leave whole", "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    std::string large(20'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); i += 4099) large[i] = static_cast<char>('a' + i % 26);

    REQUIRE(f->send(words({"SET", "k", large}), keep, 1));
    REQUIRE(f->send(words({"GET", "k"}), keep, 2));
    REQUIRE(f->send(words({"PING"}), keep, 3));
    f.loop().until("all replies", [&] { return keep.all.size() == 3; });

    CHECK(keep.all[0].bytes == "+OK\r\n");
    CHECK((keep.all[1].bytes == bulk(large)));
    CHECK(keep.all[1].parts > 1);
    CHECK(keep.all[2].bytes == "+PONG\r\n");
    CHECK(f->queued_bytes() == 0);
}

TEST_CASE("link: commands that are sent while it connects wait for the connection", "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()), false);

    REQUIRE(f->send(words({"ECHO", "first"}), keep, 1));
    f.run();
    REQUIRE(f->send(words({"ECHO", "second"}), keep, 2));
    f.loop().until("both replies", [&] { return keep.all.size() == 2; });

    CHECK(keep.all[0].bytes == bulk("first"));
    CHECK(keep.all[1].bytes == bulk("second"));
    CHECK(f.changes == std::vector<std::string>{"up"});
}

TEST_CASE("link: commands that wait for an attempt that fails were not sent, afterwards send() says so at once", "[integration]") {
    reserved_port nobody;
    reply_keeper keep;
    auto settings = link_settings_for(nobody.number());
    settings.redis.reconnect_max = 10s;
    link_fixture f(settings);
    REQUIRE(f->send(words({"SET", "k", "v"}), keep, 1));

    f.loop().until("the failure", [&] { return keep.all.size() == 1; });

    CHECK(keep.all[0].failure == errc::not_connected);
    CHECK(keep.all[0].detail.find("refused") != std::string::npos);
    CHECK_FALSE(f->send(words({"PING"}), keep, 2));
    CHECK(keep.all.size() == 1);
    CHECK(f->last_failure().detail.find("127.0.0.1") != std::string::npos);
    CHECK(f.stats.connect_failures.get() >= 1);
    CHECK(f.stats.in_flight.get() == 0);
}

TEST_CASE("link: a connection that breaks fails what was sent as lost, it comes back by itself and tells each change once",
          "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    REQUIRE(f->send(words({"BLPOP", "never", "0"}), keep, 1));   // a command that has no reply
    f.loop().until("the command has left", [&] { return f->queued_bytes() == 0; });

    server.stop();
    f.loop().until("the failure", [&] { return !keep.all.empty(); });

    CHECK(keep.all[0].failure == errc::connection_lost);
    CHECK(f.stats.errors.get() == 1);
    CHECK_FALSE(f->is_connected());
    f.loop().until("several attempts", [&] { return f.stats.connect_failures.get() >= 3; });
    CHECK(f.changes.size() == 2);   // one line per change, not per attempt

    server.start();
    f.connect();
    REQUIRE(f->send(words({"PING"}), keep, 2));
    f.loop().until("the reply", [&] { return keep.all.size() == 2; });
    CHECK(keep.all[1].bytes == "+PONG\r\n");
    REQUIRE(f.changes.size() == 3);
    CHECK(f.changes[0] == "up");
    CHECK(f.changes[1].starts_with("down: "));
    CHECK(f.changes[2] == "up");
    CHECK(f.stats.connections.get() == 1);
    CHECK(f.stats.in_flight.get() == 0);
}

TEST_CASE("link: attempts back off up to reconnect_max", "[integration]") {
    reserved_port nobody;
    auto settings = link_settings_for(nobody.number());
    settings.redis.reconnect_max = 200ms;
    link_fixture f(settings);
    f.loop().until("5 attempts", [&] { return f.stats.connect_failures.get() == 5; });
    const auto began = std::chrono::steady_clock::now();

    f.loop().until("10 attempts", [&] { return f.stats.connect_failures.get() == 10; });

    // After 10 + 20 + 40 + 80 ms every wait is of [100, 200) ms.
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= 400ms);
}

TEST_CASE("link: a server that stands still breaks the connection at the time limit, and everything that waits is told", "[integration]") {
    redis_server server;
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.redis.timeout = 300ms;
    settings.redis.connect_timeout = 200ms;
    link_fixture f(settings);
    f.connect();
    server.pause();
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(f->send(words({"SET", "a", "1"}), keep, 1));
    REQUIRE(f->send(words({"SET", "b", "1"}), keep, 2));

    f.loop().until("the commands have left", [&] { return f->queued_bytes() == 0; });
    f->check_time_limit(began + 200ms);
    CHECK(f->is_connected());
    f.loop().until("the time limit", [&] {
        f->check_time_limit(std::chrono::steady_clock::now());
        return keep.all.size() == 2;
    });

    CHECK(std::chrono::steady_clock::now() - began >= 300ms);
    CHECK(keep.all[0].failure == errc::timed_out);
    CHECK(keep.all[1].failure == errc::timed_out);
    CHECK(f.stats.timeouts.get() == 1);
    f.loop().until("an attempt that nobody answers", [&] { return f.stats.connect_failures.get() >= 1; });
    server.resume();
    f.connect();
}

TEST_CASE("link: an idle connection has no time limit", "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    f->check_time_limit(std::chrono::steady_clock::now() + 1h);
    CHECK(f->is_connected());
    CHECK(f.stats.timeouts.get() == 0);
}

TEST_CASE("link: what has not left when the connection breaks was certainly not sent, what has is uncertain", "[integration]") {
    redis_server server;
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.redis.timeout = 100ms;
    settings.redis.connect_timeout = 100ms;
    link_fixture f(settings);
    f.connect();
    server.pause();
    REQUIRE(f->send(words({"SET", "a", "1"}), keep, 1));
    REQUIRE(f->send(words({"SET", "b", std::string(64'000'000, 'x')}), keep, 2));   // more than the kernel takes
    REQUIRE(f->send(words({"SET", "c", "1"}), keep, 3));
    const std::size_t all = f->queued_bytes();
    f.loop().until("a part has left", [&] { return f->queued_bytes() < all; });
    CHECK(f->queued_bytes() > 0);

    f.loop().until("the time limit", [&] {
        f->check_time_limit(std::chrono::steady_clock::now());
        return keep.all.size() == 3;
    });

    CHECK(keep.all[0].failure == errc::timed_out);
    CHECK(keep.all[1].failure == errc::timed_out);       // a part has left
    CHECK(keep.all[2].failure == errc::not_connected);
    server.resume();
}

TEST_CASE("link: stop() tells the senders of what had left that it may have taken effect", "[integration]") {
    redis_server server;
    reply_keeper keep;
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    REQUIRE(f->send(words({"BLPOP", "never", "0"}), keep, 1));
    f.loop().until("the command has left", [&] { return f->queued_bytes() == 0; });
    REQUIRE(f->send(words({"SET", "k", "v"}), keep, 2));

    f->stop();
    f.loop().until("the end", [&] { return f.ended(); });

    REQUIRE(keep.all.size() == 2);
    CHECK(keep.all[0].failure == errc::connection_lost);
    CHECK(keep.all[1].failure == errc::not_connected);
    CHECK_FALSE(f->send(words({"PING"}), keep, 3));
    CHECK(f.stats.connections.get() == 0);
    CHECK(f.stats.in_flight.get() == 0);
}

TEST_CASE("link: a password, and a user with a password, are used, wrong ones are reported in the server's words", "[integration]") {
    redis_server server({"--requirepass", "secret"});
    resp_client admin(server.port());
    admin.call({"AUTH", "secret"});
    admin.call({"ACL", "SETUSER", "bob", "on", ">builder", "~*", "+@all"});
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.redis.password = "secret";
    SECTION("password") {
        link_fixture f(settings);
        f.connect();
        REQUIRE(f->send(words({"ACL", "WHOAMI"}), keep, 1));
        f.loop().until("the reply", [&] { return !keep.all.empty(); });
        CHECK(keep.all[0].bytes == bulk("default"));
    }
    SECTION("user and password") {
        settings.redis.user = "bob";
        settings.redis.password = "builder";
        link_fixture f(settings);
        f.connect();
        REQUIRE(f->send(words({"ACL", "WHOAMI"}), keep, 1));
        f.loop().until("the reply", [&] { return !keep.all.empty(); });
        CHECK(keep.all[0].bytes == bulk("bob"));
    }
    SECTION("wrong password") {
        settings.redis.password = "wrong";
        link_fixture f(settings);
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0].find("WRONGPASS") != std::string::npos);
        CHECK(f.changes[0].find("wrong") == std::string::npos);   // the password itself
        CHECK(f->last_failure().code == errc::server_error);
        CHECK_FALSE(f->is_connected());
    }
    SECTION("none") {
        settings.redis.password.clear();
        link_fixture f(settings);
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0].find("NOAUTH") != std::string::npos);
    }
}

TEST_CASE("link: serves its own database, one that the server does not have is reported, and never another one used", "[integration]") {
    redis_server server;
    resp_client admin(server.port());
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    SECTION("there") {
        settings.database = 3;
        link_fixture f(settings);
        f.connect();
        REQUIRE(f->send(words({"SET", "k", "v"}), keep, 1));
        f.loop().until("the reply", [&] { return !keep.all.empty(); });
        CHECK(admin.call({"EXISTS", "k"}) == ":0\r\n");
        admin.call({"SELECT", "3"});
        CHECK(admin.call({"EXISTS", "k"}) == ":1\r\n");
    }
    SECTION("not there") {
        settings.database = 99;
        link_fixture f(settings);
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0] == "down: ERR DB index is out of range");
        CHECK(f->last_failure().code == errc::server_error);
    }
    SECTION("forbidden by an ACL") {
        admin.call({"ACL", "SETUSER", "bob", "on", ">builder", "~*", "+@all", "-select"});
        settings.database = 3;
        settings.redis.user = "bob";
        settings.redis.password = "builder";
        link_fixture f(settings);
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0].find("NOPERM") != std::string::npos);
        CHECK_FALSE(f->is_connected());
    }
}

TEST_CASE("link: a user without the rights for CLIENT, INFO and PING can be served", "[integration]") {
    redis_server server;
    resp_client(server.port()).call({"ACL", "SETUSER", "bob", "on", ">builder", "~*", "+get", "+set"});
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.redis.user = "bob";
    settings.redis.password = "builder";
    link_fixture f(settings);
    f.connect();
    REQUIRE(f->send(words({"SET", "k", "v"}), keep, 1));
    f.loop().until("the reply", [&] { return !keep.all.empty(); });
    CHECK(keep.all[0].bytes == "+OK\r\n");
    CHECK(f->server_version().empty());
}

TEST_CASE("link: RESP3 replies and out-of-band messages", "[integration]") {
    redis_server server;
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.version = protocol::resp_version::resp3;
    link_fixture f(settings);
    f.connect();

    REQUIRE(f->send(words({"HSET", "h", "a", "1"}), keep, 1));
    REQUIRE(f->send(words({"HGETALL", "h"}), keep, 2));
    REQUIRE(f->send(words({"GET", "none"}), keep, 3));
    REQUIRE(f->send(words({"CLIENT", "TRACKING", "ON", "BCAST"}), keep, 4));
    REQUIRE(f->send(words({"SET", "pushed", "1"}), keep, 5));   // its invalidation comes as a push
    REQUIRE(f->send(words({"PING"}), keep, 6));
    f.loop().until("all replies", [&] { return keep.all.size() == 6; });

    CHECK(keep.all[1].bytes == "%1\r\n$1\r\na\r\n$1\r\n1\r\n");
    CHECK(keep.all[2].bytes == "_\r\n");
    CHECK(keep.all[4].bytes == "+OK\r\n");
    CHECK(keep.all[5].bytes == "+PONG\r\n");
    resp_client(server.port()).call({"SET", "pushed", "2"});   // nobody waits for a reply now
    REQUIRE(f->send(words({"PING"}), keep, 7));
    f.loop().until("the reply", [&] { return keep.all.size() == 7; });
    CHECK(f.stats.protocol_errors.get() == 0);
}

TEST_CASE("link: a malformed reply breaks the connection, what came before it counts", "[integration]") {
    for (const char* malformed : {"+fine\r\n*x\r\n", "+fine\r\n$-5\r\n", "+fine\r\nHTTP/1.1 200 OK\r\n", "+fine\r\n*1\r\n$3\r\nabcd\r\n"}) {
        INFO(malformed);
        reply_keeper keep;
        auto server = greeting_server([malformed](fake_server::socket& with) {
            std::string asked;
            if (fake_server::read_until(with, "SECOND", asked)) fake_server::write(with, malformed);
            fake_server::wait_for_close(with);
        });
        link_fixture f(link_settings_for(server.port()));
        f.connect();
        REQUIRE(f->send(words({"ECHO", "FIRST"}), keep, 1));
        REQUIRE(f->send(words({"ECHO", "SECOND"}), keep, 2));
        REQUIRE(f->send(words({"ECHO", "THIRD"}), keep, 3));

        f.loop().until("the failures", [&] { return keep.all.size() == 3; });

        CHECK(keep.all[0].bytes == "+fine\r\n");
        CHECK(keep.all[1].failure == errc::protocol_error);
        CHECK(keep.all[2].failure == errc::protocol_error);
        CHECK(f.stats.protocol_errors.get() == 1);
    }
}

TEST_CASE("link: a reply that nobody asked for breaks the connection, so that nobody gets another's reply", "[integration]") {
    reply_keeper keep;
    auto server = greeting_server([](fake_server::socket& with) {
        std::string asked;
        if (fake_server::read_until(with, "FIRST", asked)) fake_server::write(with, "+mine\r\n+whose\r\n");
        fake_server::wait_for_close(with);
    });
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    REQUIRE(f->send(words({"ECHO", "FIRST"}), keep, 1));

    f.loop().until("the break", [&] { return f.stats.protocol_errors.get() == 1; });

    CHECK(keep.all.at(0).bytes == "+mine\r\n");
    CHECK(f.changes.size() >= 1);
    f.loop().until("the reason is told", [&] { return f.changes.size() >= 2; });
    CHECK(f.changes[1] == "down: Redis sent a reply that nobody asked for");
}

TEST_CASE("link: a reply that is cut by the end of the connection fails after its parts", "[integration]") {
    reply_keeper keep;
    auto server = greeting_server([](fake_server::socket& with) {
        std::string asked;
        if (fake_server::read_until(with, "FIRST", asked)) fake_server::write(with, "$100\r\nhalf");
    });
    link_fixture f(link_settings_for(server.port()));
    f.connect();
    REQUIRE(f->send(words({"ECHO", "FIRST"}), keep, 1));
    f.loop().until("the failure", [&] { return !keep.all.empty(); });
    CHECK(keep.all[0].failure == errc::connection_lost);
    CHECK(keep.all[0].parts >= 1);
}

TEST_CASE("link: a server that closes each connection after its greeting is asked less and less often", "[integration]") {
    std::mutex guard;
    std::vector<std::chrono::steady_clock::time_point> greeted;
    const auto server = greeting_server([&](fake_server::socket&) {
        const std::lock_guard lock(guard);
        greeted.push_back(std::chrono::steady_clock::now());
    });
    auto settings = link_settings_for(server.port());
    settings.redis.reconnect_max = 1s;
    link_fixture f(settings);
    const auto count = [&] {
        const std::lock_guard lock(guard);
        return greeted.size();
    };

    f.loop().until("six greetings", [&] { return count() >= 6; });

    CHECK(greeted[5] - greeted[0] >= (5 + 10 + 20 + 40 + 80) * 1ms);   // the certain half of 10, 20, 40 ... ms
    CHECK(f.changes.size() <= 2 * count());
}

TEST_CASE("link: stop() ends an attempt to connect at once", "[integration]") {
    const fake_server silent([](fake_server::socket& with) { fake_server::wait_for_close(with); });
    auto settings = link_settings_for(silent.port());
    settings.redis.connect_timeout = 60s;
    const auto begin = std::chrono::steady_clock::now();
    {
        link_fixture f(settings);
        f.loop().context().run_for(50ms);   // into the handshake
    }   // stops it and waits for its end, 10 s at the most
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("link: what answers but does not speak RESP, or says nothing, is not connected to", "[integration]") {
    SECTION("HTTP") {
        fake_server server([](fake_server::socket& with) {
            fake_server::write(with, "HTTP/1.1 400 Bad Request\r\n\r\n");
            fake_server::wait_for_close(with);
        });
        link_fixture f(link_settings_for(server.port()));
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0] == "down: what answers does not speak RESP");
    }
    SECTION("a line without an end") {
        fake_server server([](fake_server::socket& with) {
            fake_server::write(with, "+" + std::string(2'000'000, 'x'));
            fake_server::wait_for_close(with);
        });
        link_fixture f(link_settings_for(server.port()));
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0] == "down: what answers does not speak RESP");
    }
    SECTION("silence") {
        fake_server server([](fake_server::socket& with) { fake_server::wait_for_close(with); });
        auto settings = link_settings_for(server.port());
        settings.redis.connect_timeout = 50ms;
        link_fixture f(settings);
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0].find("did not answer within") != std::string::npos);
    }
    SECTION("loading") {
        fake_server server([](fake_server::socket& with) {
            std::string asked;
            fake_server::read_until(with, "INFO", asked);
            const std::string loading = "-LOADING Redis is loading the dataset in memory\r\n";
            fake_server::write(with, "+OK\r\n" + loading + loading);
            fake_server::wait_for_close(with);
        });
        link_fixture f(link_settings_for(server.port()));
        f.loop().until("the refusal", [&] { return !f.changes.empty(); });
        CHECK(f.changes[0].find("LOADING") != std::string::npos);
    }
}

}  // namespace respgres::tests
