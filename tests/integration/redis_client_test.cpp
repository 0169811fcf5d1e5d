#include "tests/integration/redis_link_fixture.hpp"
#include "tests/support/fake_server.hpp"

#include "backends/redis/link_set.hpp"

#include <catch2/catch.hpp>

namespace respgres::tests {

TEST_CASE("client: calls and their replies as values, error replies too", "[integration]") {
    redis_server server;
    link_fixture f(link_settings_for(server.port()));
    redis::client client(*f);

    auto set = f.loop().await(client.call({"SET", "k", "v"}));
    REQUIRE(set.has_value());
    CHECK(redis::text_of(*set.value()) == "OK");
    auto wrong = f.loop().await(client.call({"LPUSH", "k", "x"}));
    REQUIRE(wrong.has_value());
    CHECK(redis::is_error(wrong.value()));
    CHECK(redis::text_of(*wrong.value()).starts_with("WRONGTYPE"));
    auto none = f.loop().await(client.call({"GET", "none"}));
    REQUIRE(none.has_value());
    CHECK(redis::is_nil(none.value()));

    const std::vector<redis::arguments> several{{"RPUSH", "l", "a", ""}, {"LRANGE", "l", "0", "-1"}, {"NONSENSE"}};
    auto all = f.loop().await(client.call_all(several));
    REQUIRE(all.has_value());
    REQUIRE(all.value().size() == 3);
    CHECK(all.value()[0]->integer == 2);
    CHECK(all.value()[1]->elements == 2);
    CHECK(redis::is_error(all.value()[2]));
}

TEST_CASE("client: a call without a connection was not sent, whatever broke the last one", "[integration]") {
    redis_server server;
    reply_keeper keep;
    auto settings = link_settings_for(server.port());
    settings.redis.reconnect_max = 10s;
    link_fixture f(settings);
    redis::client client(*f);
    f.connect();
    server.stop();
    f.loop().until("the break", [&] { return !f->is_connected(); });

    auto answer = f.loop().await(client.call({"SET", "k", "v"}));

    REQUIRE(answer.has_error());
    CHECK(answer.error().code == errc::not_connected);
    CHECK_FALSE(answer.error().detail.empty());
}

TEST_CASE("client: several calls of which the connection breaks in the middle fail as one", "[integration]") {
    auto server = greeting_server([](fake_server::socket& with) {
        std::string asked;
        if (fake_server::read_until(with, "SECOND", asked)) fake_server::write(with, "+OK\r\n");
    });
    link_fixture f(link_settings_for(server.port()));
    redis::client client(*f);
    const std::vector<redis::arguments> both{{"ECHO", "FIRST"}, {"ECHO", "SECOND"}};
    auto answer = f.loop().await(client.call_all(both));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == errc::connection_lost);
}

TEST_CASE("client: a script is sent by its hash, and whole when the server does not know it", "[integration]") {
    redis_server server;
    resp_client admin(server.port());
    link_fixture f(link_settings_for(server.port()));
    redis::client client(*f);
    constexpr std::string_view body = "return {KEYS[1], ARGV[1]}";
    const std::string hash = redis::script_hash(body);
    CHECK(redis::script_hash("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");   // FIPS 180's example
    const redis::arguments arguments{"1", "k", "v"};
    const auto calls = [&admin](const std::string& command) {
        const std::string stats = bulk_text(admin.call({"INFO", "commandstats"}));
        const auto at = stats.find("cmdstat_" + command + ":calls=");
        return at == std::string::npos ? 0 : std::stoi(stats.substr(at + std::string("cmdstat_:calls=").size() + command.size()));
    };

    for (int i = 0; i < 2; ++i) {
        auto ran = f.loop().await(redis::run_script(client, {body, hash}, arguments));
        REQUIRE(ran.has_value());
        REQUIRE(ran.value()->elements == 2);
        CHECK(redis::text_of(*ran.value()->element[1]) == "v");
    }

    CHECK(calls("eval") == 1);
    CHECK(calls("evalsha") == 2);
    admin.call({"SCRIPT", "FLUSH"});
    auto again = f.loop().await(redis::run_script(client, {body, hash}, arguments));
    REQUIRE(again.has_value());
    CHECK(again.value()->elements == 2);
}

TEST_CASE("link_set: one link per database and version, the home link always, all end with stop()", "[integration]") {
    redis_server server;
    redis_loop loop;
    redis::link_stats stats;
    conf::redis_settings settings = link_settings_for(server.port()).redis;
    settings.database = 2;
    std::vector<std::string> changes;
    reply_keeper keep;
    redis::link_set links(loop.context().get_executor(), loop.poller(), settings, stats,
                          [&](bool up, const std::string&) { changes.emplace_back(up ? "up" : "down"); });

    CHECK(&links.home() == &links.get(2, protocol::resp_version::resp2));
    CHECK(&links.get(0, protocol::resp_version::resp2) != &links.home());
    CHECK(&links.get(2, protocol::resp_version::resp3) != &links.home());
    CHECK(&links.get(0, protocol::resp_version::resp2) == &links.get(0, protocol::resp_version::resp2));
    REQUIRE(links.get(0, protocol::resp_version::resp2).send(words({"SET", "k", "zero"}), keep, 0));
    loop.until("the first write", [&] { return keep.all.size() == 1; });
    REQUIRE(links.home().send(words({"GET", "k"}), keep, 1));
    loop.until("the read of the other database", [&] { return keep.all.size() == 2; });
    CHECK(keep.all[1].bytes == "$-1\r\n");
    loop.until("all are up", [&] { return stats.connections.get() == 3; });
    CHECK(changes == std::vector<std::string>{"up"});   // one voice for the server

    loop.await(links.stop());

    CHECK(stats.connections.get() == 0);
    CHECK_FALSE(links.home().send(words({"PING"}), keep, 2));
}

}  // namespace respgres::tests
