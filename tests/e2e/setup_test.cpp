// What `respgres setup`, `check` and `explain` say of a server that is to tell its changes.
#include "tests/support/postgres_server.hpp"
#include "tests/support/proxy_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/temporary_directory.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace respgres::tests;

namespace {

std::string mapping(const std::string& name, const std::string& key, const std::string& query, const std::string& more = "") {
    return "[mapping." + name + "]\nkey = \"" + key + "\"\nttl = \"1m\"\nquery = \"" + query + "\"\n" + more + "\n";
}

const std::string by_id = mapping("event", "event:{id:int}", "SELECT name FROM events WHERE id = :id");

// A PostgreSQL with tables of several identities, a Redis, and a configuration with source = "replication".
struct platform {
    explicit platform(const std::vector<std::string>& server_settings = {}) : postgres(server_settings) {
        postgres.execute(
            "CREATE TABLE events(id bigint PRIMARY KEY, name text);"
            "CREATE TABLE bets(id bigint PRIMARY KEY, user_id bigint NOT NULL, status text);"
            "CREATE TABLE notes(id bigint, body text);"
            "CREATE UNLOGGED TABLE scratch(id bigint PRIMARY KEY)");
    }

    std::string write(const std::string& mappings, const std::string& user = "postgres") {
        proxy_config config;
        config.redis_url = redis.url();
        config.postgres_url = postgres.url();
        config.postgres_url.replace(config.postgres_url.find("postgres@"), 8, user);
        config.sections = "[freshness]\nsource = \"replication\"\n";
        config.mappings = mappings;
        file = directory.write("respgres.toml", config.text(1, 2));
        return file;
    }

    program_result run(std::vector<std::string> words) {
        words.insert(words.begin() + 1, {"--config", file});
        return run_respgres(words);
    }

    // Whether a line of `output` begins with the file and the number of the line in which `line` stands, and holds `words`.
    bool tells(const std::string& output, const std::string& line, const std::string& words) const {
        std::istringstream text(read_file(file));
        std::string each;
        int number = 1;
        while (std::getline(text, each) && each.find(line) == std::string::npos) ++number;
        std::istringstream told(output);
        while (std::getline(told, each))
            if (each.starts_with(file + ":" + std::to_string(number) + ":") && each.find(words) != std::string::npos) return true;
        return false;
    }

    postgres_server postgres;
    redis_server redis;
    temporary_directory directory;
    std::string file;
};

bool holds(const program_result& result, const std::string& words) {
    return result.output.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("setup: what is missing is printed, applied once, and then there is nothing to do", "[e2e]") {
    platform at;
    at.write(by_id);

    const auto printed = at.run({"setup"});
    INFO(printed.output);
    CHECK(printed.exit_code == 0);
    CHECK(holds(printed, "\nCREATE PUBLICATION respgres FOR TABLE public.events;\n"));
    CHECK(holds(printed, "\nSELECT pg_create_logical_replication_slot('respgres', 'pgoutput');\n"));
    CHECK(holds(printed, "\nCREATE EVENT TRIGGER respgres_ddl ON ddl_command_end EXECUTE FUNCTION respgres_ddl();\n"));
    CHECK(at.postgres.execute("SELECT FROM pg_publication").empty());

    const auto refused = at.run({"check"});
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused, "publication 'respgres' does not exist; `respgres setup --apply` makes it"));
    CHECK(holds(refused, "slot 'respgres' does not exist"));

    const auto applied = at.run({"setup", "--apply"});
    INFO(applied.output);
    CHECK(applied.exit_code == 0);
    CHECK(holds(applied, "\nok: CREATE PUBLICATION"));
    CHECK(!holds(applied, "failed"));

    const auto again = at.run({"setup", "--apply"});
    CHECK(again.exit_code == 0);
    CHECK(again.output == "-- Nothing to do.\n");
    const auto checked = at.run({"check"});
    INFO(checked.output);
    CHECK(checked.exit_code == 0);
    CHECK(!holds(checked, "warning"));

    at.postgres.execute("SELECT pg_drop_replication_slot('respgres')");
    const auto without_slot = at.run({"check"});
    INFO(without_slot.output);
    CHECK(without_slot.exit_code == 0);
    CHECK(holds(without_slot,
                "slot 'respgres' does not exist; the proxy makes it when it starts, `respgres setup --apply` at once (a warning)"));
    REQUIRE(at.run({"setup", "--apply"}).exit_code == 0);

    at.write(by_id + mapping("bet", "bet:{id:int}", "SELECT status FROM bets WHERE id = :id"));
    CHECK(holds(at.run({"check"}), "lacks public.bets: ALTER PUBLICATION respgres ADD TABLE public.bets"));
    CHECK(holds(at.run({"setup", "--apply"}), "ok: ALTER PUBLICATION respgres ADD TABLE public.bets"));
    CHECK(at.run({"check"}).exit_code == 0);
}

TEST_CASE("setup: the event triggers tell the tables that DDL changes, also to those who are no superusers", "[e2e]") {
    platform at({"synchronous_commit = on"});   // what is committed can be decoded at once
    at.postgres.execute(
        "CREATE TABLE days(day date, n int) PARTITION BY RANGE (day); ALTER TABLE days REPLICA IDENTITY FULL;"
        "CREATE ROLE plain; GRANT CREATE ON SCHEMA public TO plain; CREATE TABLE own(id int PRIMARY KEY); ALTER TABLE own OWNER TO plain;"
        "CREATE TYPE colour AS ENUM ('red')");
    at.write(by_id);
    REQUIRE(at.run({"setup", "--apply"}).exit_code == 0);
    const auto oid = [&](const std::string& table) { return at.postgres.execute("SELECT '" + table + "'::regclass::oid").at(0).at(0); };
    const auto told_by = [&](const std::string& ddl) {
        at.postgres.execute(ddl);
        std::string all;
        for (const auto& row : at.postgres.execute(
                 "SELECT convert_from(substr(data, 28), 'UTF8') FROM pg_logical_slot_get_binary_changes('respgres', NULL, NULL, "
                 "'proto_version', '1', 'publication_names', 'respgres', 'messages', 'true') "
                 "WHERE get_byte(data, 0) = ascii('M') AND position('respgres_ddl' in encode(data, 'escape')) > 0"))
            all += row[0] + ";";
        return all;
    };
    const std::string events = oid("events"), days = oid("days"), own = oid("own");

    CHECK(told_by("ALTER TABLE events RENAME COLUMN name TO title") == events + ";");
    CHECK(told_by("SET ROLE plain; ALTER TABLE own ADD COLUMN extra int") == own + ";");
    CHECK(told_by("CREATE TEMP TABLE passing(id int); DROP TABLE passing; CREATE INDEX ON events(title)") == "");
    const auto part = told_by("CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')");
    CHECK((part == oid("days_1") + " " + days + ";" || part == days + " " + oid("days_1") + ";"));
    CHECK(told_by("ALTER TYPE colour RENAME VALUE 'red' TO 'blue'") == "all;");
    CHECK(told_by("DROP TABLE own") == own + ";");
}

TEST_CASE("setup: a table without replica identity is not published, and its cure is told", "[e2e]") {
    platform at;
    at.write(by_id + mapping("note", "note:{id:int}", "SELECT body FROM notes WHERE id = :id"));

    const auto applied = at.run({"setup", "--apply"});
    INFO(applied.output);
    CHECK(applied.exit_code == 1);
    CHECK(holds(applied, "public.notes has no replica identity"));
    CHECK(holds(applied, "\n-- ALTER TABLE public.notes REPLICA IDENTITY FULL;\n"));
    CHECK(at.postgres.execute("SELECT tablename FROM pg_publication_tables") == std::vector<postgres_server::row>{{"events"}});
    at.postgres.execute("INSERT INTO notes VALUES (1, 'a'); UPDATE notes SET body = 'b'");

    const auto checked = at.run({"check"});
    CHECK(checked.exit_code == 2);
    CHECK(at.tells(checked.output, "FROM notes", "every UPDATE and DELETE of it fails"));

    at.postgres.execute("ALTER TABLE notes REPLICA IDENTITY FULL");
    CHECK(at.run({"setup", "--apply"}).exit_code == 0);
    CHECK(at.run({"check"}).exit_code == 0);
}

TEST_CASE("check: the old value of a row-exact mapping's column must be told, each of three cures will do", "[e2e]") {
    platform at;
    const std::string query = "SELECT id FROM bets WHERE user_id = :user_id";
    at.write(mapping("user_bets", "user_bets:{user_id:int}", query));
    REQUIRE(at.run({"setup", "--apply"}).exit_code == 0);

    const auto refused = at.run({"check"});
    INFO(refused.output);
    CHECK(refused.exit_code == 2);
    CHECK(at.tells(refused.output, "query = ", "does not tell the old user_id"));
    CHECK(at.tells(refused.output, "query = ", "immutable = [\"user_id\"]"));
    const std::string index = "CREATE UNIQUE INDEX CONCURRENTLY \"bets_respgres_identity\" ON public.bets (id, user_id)";
    const std::string alter = "ALTER TABLE public.bets REPLICA IDENTITY USING INDEX \"bets_respgres_identity\"";
    CHECK(at.tells(refused.output, "query = ", index + "; " + alter));
    const auto proposed = at.run({"setup"});
    CHECK(holds(proposed, "-- " + index + ";\n-- " + alter + ";\n"));
    CHECK(holds(proposed, "-- Nothing else to do.\n"));

    at.write(mapping("user_bets", "user_bets:{user_id:int}", query, "immutable = [\"user_id\"]"));
    CHECK(at.run({"check"}).exit_code == 0);
    at.write(mapping("user_bets", "user_bets:{user_id:int}", query));
    at.postgres.execute("ALTER TABLE bets REPLICA IDENTITY FULL");
    CHECK(at.run({"check"}).exit_code == 0);
    at.postgres.execute(index);
    at.postgres.execute(alter);
    CHECK(at.run({"check"}).exit_code == 0);
}

TEST_CASE("check: all that keeps changes from being told is reported at once, with its place", "[e2e]") {
    platform at({"wal_level = replica"});
    at.postgres.execute(
        "CREATE ROLE app LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app; CREATE PUBLICATION respgres FOR TABLE events, bets "
        "WHERE (id > 5) "
        "WITH (publish = 'insert')");
    at.write(by_id + mapping("scratch", "scratch:{id:int}", "SELECT id FROM scratch WHERE id = :id") +
                 mapping("listed", "listed:{id:int}", "SELECT b.id FROM bets b, events WHERE b.id = :id",
                         "invalidate_on = [\"bets\", \"nothing\"]") +
                 mapping("timed", "timed", "SELECT name FROM events WHERE now() > '2000-01-01'", "immutable = [\"nothing\"]"),
             "app");

    const auto checked = at.run({"check"});

    INFO(checked.output);
    CHECK(checked.exit_code == 2);
    CHECK(at.tells(checked.output, "source = ", "wal_level is replica"));
    CHECK(at.tells(checked.output, "source = ", "ALTER ROLE app REPLICATION"));
    CHECK(holds(checked, "leaves out operations: ALTER PUBLICATION respgres SET (publish"));
    CHECK(holds(checked, "slot 'respgres' does not exist"));
    CHECK(at.tells(checked.output, "FROM scratch", "public.scratch is an unlogged table"));
    CHECK(at.tells(checked.output, "invalidate_on", "'nothing' in invalidate_on is no table"));
    CHECK(at.tells(checked.output, "invalidate_on", "also reads public.events"));
    CHECK(at.tells(checked.output, "invalidate_on", "leaves out rows of public.bets"));
    CHECK(at.tells(checked.output, "now()", "calls now"));
    CHECK(at.tells(checked.output, "immutable = ", "'nothing' in immutable is no column"));
    const auto setup = at.run({"setup", "--apply"});
    CHECK(setup.exit_code == 1);
    CHECK(holds(setup, "-- ALTER SYSTEM SET wal_level = logical;"));
    CHECK(holds(setup, "failed: ALTER PUBLICATION respgres SET"));
    CHECK(holds(setup, "must be owner of publication respgres"));
}

TEST_CASE("check: coalesce_ms is refused where a change drops the keys of its row alone", "[e2e]") {
    platform at;
    at.write(mapping("event", "event:{id:int}", "SELECT name FROM events WHERE id = :id", "coalesce_ms = 250") +
             mapping("top", "top:{n:int}", "SELECT id FROM events LIMIT :n", "coalesce_ms = 300") +
             mapping("all", "all", "SELECT count(*) FROM events", "coalesce_ms = 300"));
    REQUIRE(at.run({"setup", "--apply"}).exit_code == 0);
    const auto checked = at.run({"check"});
    INFO(checked.output);
    CHECK(checked.exit_code == 2);
    CHECK(at.tells(
        checked.output, "coalesce_ms = 250",
        "mapping 'event': coalesce_ms is for wide mappings; this one is row-exact: a change drops the keys of its row alone, at once"));
    CHECK(checked.output.find("'top'") == std::string::npos);
    CHECK(checked.output.find("'all'") == std::string::npos);
    CHECK(holds(at.run({"explain", "top:3"}), "committed 800 ms (500 ms, and coalesce_ms = 300) before"));
    CHECK(holds(at.run({"explain", "all"}),
                "any change of public.events drops the key; changes within 300 ms after a drop are one more drop"));
}

TEST_CASE("check and setup: without the right TEMPORARY it is named", "[e2e]") {
    platform at;
    at.postgres.execute(
        "CREATE ROLE app LOGIN REPLICATION; GRANT SELECT ON ALL TABLES IN SCHEMA public TO app; REVOKE TEMPORARY ON DATABASE postgres FROM "
        "PUBLIC");
    at.write(by_id, "app");

    CHECK(at.tells(at.run({"check"}).output, "FROM events", "GRANT TEMPORARY ON DATABASE postgres TO app"));
    CHECK(holds(at.run({"setup"}), "-- GRANT TEMPORARY ON DATABASE postgres TO app;"));
}

TEST_CASE("explain: what drops a key, and how", "[e2e]") {
    platform at;
    at.write(by_id +
             mapping("user_bets", "user_bets:{user_id:int}", "SELECT id FROM bets WHERE user_id = :user_id",
                     "immutable = [\"user_id\"]\nbound = \"2s\"") +
             mapping("top", "top:{n:int}", "SELECT count(*) FROM bets, events LIMIT :n") +
             mapping("all", "all", "SELECT count(*) FROM bets"));

    const auto event = at.run({"explain", "event:7"});
    INFO(event.output);
    CHECK(event.exit_code == 0);
    CHECK(holds(event, "lacks nothing that was committed 500 ms before"));
    CHECK(holds(event, "row-exact: a change of a row of public.events that has, or had, id = '7' drops the key"));
    const auto user = at.run({"explain", "user_bets:9"});
    CHECK(holds(user, "committed 2000 ms before"));
    CHECK(holds(user, "a DELETE of public.bets drops all keys of the mapping"));
    const auto top = at.run({"explain", "top:3"});
    CHECK(holds(top, "wide: any change of public.events, public.bets drops all keys of the mapping, since its query reads several tables"));
    CHECK(holds(at.run({"explain", "all"}), "any change of public.bets drops the key"));
}
