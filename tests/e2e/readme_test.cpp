// README.md is run: its examples against the built proxy, and its configuration reference against the program's own.
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

namespace respgres::tests {

namespace {

const std::string source = RESPGRES_SOURCE_DIR;

std::string text_of(const std::string& path) {
    std::ifstream file(source + "/" + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

constexpr const char* some_bets = R"(
    INSERT INTO events SELECT id, 'event ' || id, 'football', now(), 'LIVE' FROM generate_series(1, 10) AS id;
    INSERT INTO bets (user_id, event_id, status, amount, placed_at)
        SELECT id, 1 + id % 10, 'OPEN', 12.50, now() - id * interval '1 second' FROM generate_series(1, 100) AS id;
)";

}  // namespace

TEST_CASE("README: its examples print what it says", "[e2e]") {
    redis_server redis;
    auto& postgres = postgres_server::shared();
    postgres.execute(text_of("conf/betting.sql"));
    postgres.execute(some_bets);
    const std::string shipped = text_of("conf/betting.toml");
    proxy_config config;
    config.redis_url = redis.url();
    config.postgres_url = postgres.url();
    config.mappings = shipped.substr(shipped.find("[mapping."));
    const proxy_process proxy(config);

    const auto examples = run_program({"python3", "-B", source + "/tests/checks/readme_test.py", source + "/README.md", "--replace",
                                       "6380=" + std::to_string(proxy.port()), "--replace", "9180=" + std::to_string(proxy.admin_port())});

    INFO(examples.output);
    CHECK(examples.exit_code == 0);
}

TEST_CASE("README: its configuration reference is the program's own", "[e2e]") {
    const auto reference = run_respgres({"reference"});

    REQUIRE(reference.exit_code == 0);
    CHECK(text_of("README.md").find(reference.output) != std::string::npos);
}

}  // namespace respgres::tests
