// node-redis with its client-side cache: a mapped key that is invalidated changes at the client, without polling.
#include "tests/support/child_process.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/temporary_directory.hpp"

#include <catch2/catch.hpp>

using namespace respgres::tests;

TEST_CASE("client_invalidation: node-redis drops what it has cached of a mapped key at DEL and at the end of its TTL", "[clients]") {
    const redis_server redis;
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres_server::shared().url();
    config.mappings =
        "[mapping.clock]\nkey = \"clock:{id:int}\"\nquery = \"SELECT clock_timestamp()::text WHERE :id > 0\"\nttl = \"1s\"\n"
        "ttl_jitter = 0\nnegative_ttl = 0\n";
    const proxy_process proxy(config);
    const temporary_directory directory;
    child_options script;
    script.command = {RESPGRES_PYTHON, "-B", RESPGRES_CLIENT_MATRIX, "--invalidation", "127.0.0.1:" + std::to_string(proxy.port()),
                      "clock:1"};
    script.log_file = directory.path() + "/said.txt";
    child_process running(script);

    const auto ended = running.wait(std::chrono::seconds(50));

    const std::string said = read_file(script.log_file);
    INFO(said);
    CHECK(ended == 0);
    CHECK_THAT(said, Catch::Contains("yes  DEL: the server invalidates the key at the client") &&
                         Catch::Contains("yes  TTL: the server invalidates the key at the client"));
}
