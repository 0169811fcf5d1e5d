// The tests' own support: real servers start, stop, restart, and never outlive the test process.
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/resp_client.hpp"

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace respgres::tests;

namespace {

bool exists(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

struct survivor {
    pid_t server;
    char directory[64];
};

// Starts `Server` in a process of its own that is then killed as by `kill -9`; returns what would be left behind.
template <class Server, class Directory>
survivor start_and_be_killed(Directory directory_of) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t test = ::fork();
    if (test == 0) {
        Server server;
        survivor left{server.pid(), {}};
        directory_of(server).copy(left.directory, sizeof left.directory - 1);
        if (::write(ends[1], &left, sizeof left) != sizeof left) ::_exit(1);
        ::raise(SIGKILL);
    }
    ::close(ends[1]);
    survivor left{};
    REQUIRE(::read(ends[0], &left, sizeof left) == sizeof left);
    ::close(ends[0]);
    int state = 0;
    REQUIRE(::waitpid(test, &state, 0) == test);
    REQUIRE(WIFSIGNALED(state));
    return left;
}

}  // namespace

TEST_CASE("redis_server: starts, answers, starts again on the same port without data, is gone after the destructor", "[support]") {
    pid_t pid = 0;
    std::string directory;
    {
        redis_server redis;
        pid = redis.pid();
        directory = std::filesystem::path(redis.socket_path()).parent_path().string();
        CHECK(resp_client(redis.port()).call({"SET", "k", "v"}) == "+OK\r\n");
        CHECK(resp_client(redis.socket_path()).call({"GET", "k"}) == "$1\r\nv\r\n");

        redis.stop();
        CHECK_THROWS(resp_client(redis.port()));
        CHECK_FALSE(exists(pid));

        redis.start();
        CHECK(resp_client(redis.port()).call({"GET", "k"}) == "$-1\r\n");
        pid = redis.pid();
        CHECK(exists(pid));
    }
    CHECK_FALSE(exists(pid));
    CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("redis_server: a paused server keeps its connections and answers when it goes on", "[support]") {
    redis_server redis;
    resp_client client(redis.port());
    redis.pause();
    client.send({"PING"});
    CHECK_FALSE(client.closed_within(50));

    redis.resume();

    CHECK(client.read_reply() == "+PONG\r\n");
}

TEST_CASE("redis_server: takes further arguments, and says why it does not start", "[support]") {
    redis_server redis({"--maxmemory", "7mb"});
    CHECK(resp_client(redis.port()).call({"CONFIG", "GET", "maxmemory"}) == "*2\r\n$9\r\nmaxmemory\r\n$7\r\n7340032\r\n");

    CHECK_THROWS_WITH(redis_server({"--no-such-option", "1"}), Catch::Contains("no-such-option"));
}

TEST_CASE("resp_client: RESP3 replies, pipelines and the end of the stream", "[support]") {
    redis_server redis;
    resp_client client(redis.port());
    CHECK(client.hello3().starts_with("%7\r\n"));
    CHECK(client.call({"GET", "absent"}) == "_\r\n");

    client.send_raw(resp_client::encode({"SET", "k", "a\r\nb"}) + resp_client::encode({"GET", "k"}) + "PING\r\n");
    CHECK(client.read_reply() == "+OK\r\n");
    CHECK(bulk_text(client.read_reply()) == "a\r\nb");
    CHECK(client.read_reply() == "+PONG\r\n");

    client.send({"QUIT"});
    CHECK(client.read_all_until_close() == "+OK\r\n");
}

TEST_CASE("postgres_server: starts with what the tests need, on TCP and on its socket", "[support]") {
    auto& postgres = postgres_server::shared();

    CHECK(postgres.execute("SHOW wal_level") == std::vector<postgres_server::row>{{"logical"}});
    CHECK(postgres.execute("SELECT 1, NULL, 'x' UNION ALL SELECT 2, 'b', 'y' ORDER BY 1") ==
          std::vector<postgres_server::row>{{"1", "<NULL>", "x"}, {"2", "b", "y"}});
    CHECK(postgres.execute("SELECT count(*) > 0 FROM pg_stat_statements") == std::vector<postgres_server::row>{{"t"}});
    CHECK_THROWS_WITH(postgres.execute("SELECT no_such_column"), Catch::Contains("no_such_column"));
    CHECK(PQping(postgres.socket_url().c_str()) == PQPING_OK);
    CHECK(&postgres == &postgres_server::shared());
}

TEST_CASE("postgres_server: keeps its data and its port over a restart and over a crash", "[support]") {
    postgres_server postgres({"max_connections = 17"});
    const auto port = postgres.port();
    postgres.execute("CREATE TABLE kept AS SELECT 42 AS answer");

    postgres.restart();
    CHECK(postgres.execute("SELECT answer FROM kept") == std::vector<postgres_server::row>{{"42"}});
    CHECK(postgres.execute("SHOW max_connections") == std::vector<postgres_server::row>{{"17"}});

    postgres.restart(postgres_server::mode::immediate);
    CHECK(postgres.execute("SELECT answer FROM kept") == std::vector<postgres_server::row>{{"42"}});
    CHECK(postgres.port() == port);

    postgres.stop();
    CHECK_THROWS(postgres.execute("SELECT 1"));
}

TEST_CASE("servers are gone with their directories after a kill -9 of the test process", "[support]") {
    const auto redis = start_and_be_killed<redis_server>(
        [](const redis_server& server) { return std::filesystem::path(server.socket_path()).parent_path().string(); });
    eventually("redis-server is gone", [&] { return !exists(redis.server); });
    eventually("its directory is gone", [&] { return !std::filesystem::exists(redis.directory); });

    const auto postgres = start_and_be_killed<postgres_server>([](const postgres_server& server) { return server.socket_directory(); });
    eventually("PostgreSQL is gone", [&] { return !exists(postgres.server); });
    eventually("its directory is gone", [&] { return !std::filesystem::exists(postgres.directory); });
}

TEST_CASE("run_program: tells output and exit code, 128 + signal when killed", "[support]") {
    const auto normal = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(normal.output == "out\nerr\n");
    CHECK(normal.exit_code == 3);
    CHECK(run_program({"/bin/sh", "-c", "kill -9 $$"}).exit_code == 137);
}

TEST_CASE("eventually: names what did not come true", "[support]") {
    int looks = 0;
    eventually("third look", [&] { return ++looks == 3; });
    CHECK(looks == 3);
    CHECK_THROWS_WITH(eventually("never", [] { return false; }, std::chrono::milliseconds(5)), Catch::Contains("never"));
}
