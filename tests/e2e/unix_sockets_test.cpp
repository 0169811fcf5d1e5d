// Unix sockets on all sides: clients, admin endpoint, Redis, PostgreSQL.
#include "tests/e2e/shop.hpp"
#include "tests/e2e/tls.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace respgres::tests {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("unix sockets: a proxy whose four sides are Unix sockets fills, blocks, watches and tells its health", "[e2e]") {
    shop at;
    const temporary_directory directory;
    const std::string front = directory.path() + "/front.sock";
    const std::string admin = directory.path() + "/admin.sock";
    const temporary_directory files;
    const std::string config =
        "[server]\nlisten = \"unix:" + front + "\"\n[admin]\nlisten = \"unix:" + admin + "\"\n[redis]\nurl = \"unix://" +
        at.redis.socket_path() + "?db=2\"\n[postgres]\nurl = \"host=" + at.postgres.socket_directory() +
        " port=" + std::to_string(at.postgres.port()) + " user=postgres dbname=postgres\"\n" + shop::item() +
        "[mapping.local]\nkey = \"local:{id:int}\"\nttl = \"1m\"\nquery = \"SELECT coalesce(inet_server_addr()::text, "
        "'a Unix socket') WHERE :id = 1\"\n";
    const std::string path = files.write("respgres.toml", config);
    child_options options;
    options.command = {respgres_program(), "serve", "--config", path};
    options.log_file = files.path() + "/log";
    child_process proxy(options);
    const auto health = [&] {
        return run_program({"curl", "-s", "--max-time", "5", "--unix-socket", admin, "http://localhost/readyz"}).output;
    };
    eventually("both servers are reached", [&] { return health().find("\"redis\":true,\"postgres\":true") != std::string::npos; });

    CHECK(mode_of(front) == 0600);
    CHECK(mode_of(admin) == 0600);
    resp_client client(front);
    CHECK(client.call({"GET", "item:1"}) == "$5\r\napple\r\n");
    CHECK(client.call({"GET", "local:1"}) == "$13\r\na Unix socket\r\n");
    resp_client direct(at.redis.socket_path());
    CHECK(direct.call({"SELECT", "2"}) == "+OK\r\n");
    eventually_replies(direct, {"GET", "item:1"}, "$5\r\napple\r\n");
    CHECK(client.call({"RPUSH", "list", "x"}) == ":1\r\n");
    CHECK(client.call({"BLPOP", "list", "0"}) == "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
    CHECK(client.call({"CLIENT", "LIST"}).find("addr=" + front + ":0") != std::string::npos);
    const std::string value = patterned(16 * 1024 * 1024);
    CHECK(client.call({"SET", "big", value}) == "+OK\r\n");
    CHECK(same_bytes(client.call({"GET", "big"}), "$16777216\r\n" + value + "\r\n"));

    CHECK(proxy.stop(SIGTERM) == 0);
    CHECK_FALSE(std::filesystem::exists(front));
    CHECK_FALSE(std::filesystem::exists(admin));
}

TEST_CASE("unix sockets: unix_socket_mode says who may connect", "[e2e]") {
    redis_server redis;
    const temporary_directory directory;
    const std::string front = directory.path() + "/front.sock";
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres_server::shared().url();
    config.more_listen = "\"unix:" + front + "\"";
    config.server_options = "unix_socket_mode = \"666\"";
    proxy_process proxy(config);

    CHECK(mode_of(front) == 0666);
    CHECK(resp_client(front).call({"PING"}) == "+PONG\r\n");

    proxy.kill();   // leaves its socket behind, as a crash does
    CHECK(std::filesystem::exists(front));
    proxy.start();
    CHECK(resp_client(front).call({"PING"}) == "+PONG\r\n");
}

}  // namespace respgres::tests
