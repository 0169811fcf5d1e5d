#include "bench/bookmaker/load.hpp"

#include "bench/bookmaker/copy_text.hpp"
#include "bench/bookmaker/postgres.hpp"
#include "bench/bookmaker/progress.hpp"

#include <functional>
#include <vector>

namespace respgres::bookmaker {

namespace {

constexpr std::size_t bytes_per_send = 256 * 1024;

struct table_plan {
    std::string name;
    std::uint64_t rows;
    std::function<void(std::string& out, std::uint64_t row)> append;
};

std::vector<table_plan> plan_of(const dataset& data) {
    const dataset_sizes& sizes = data.sizes();
    return {
        {"users", sizes.users, [&](std::string& out, std::uint64_t row) { append_row(out, data.user(row)); }},
        {"events", sizes.events, [&](std::string& out, std::uint64_t row) { append_row(out, data.event(row)); }},
        {"bets", sizes.bets, [&](std::string& out, std::uint64_t row) { append_row(out, data.bet(row)); }},
        {"sessions", sizes.sessions(), [&](std::string& out, std::uint64_t row) { append_row(out, data.session(row)); }},
    };
}

void lock_empty_tables(connection& database, const std::vector<table_plan>& tables) {
    std::string names;
    for (const table_plan& table : tables) {
        if (database.single_value("SELECT to_regclass('" + table.name + "')").empty())
            throw postgres_error("there is no table '" + table.name + "'; create the tables first: psql -f conf/betting.sql");
        names += (names.empty() ? "" : ", ") + table.name;
    }
    database.run("LOCK TABLE " + names);
    for (const table_plan& table : tables)
        if (!database.single_value("SELECT 1 FROM " + table.name + " LIMIT 1").empty())
            throw postgres_error("table '" + table.name + "' already holds rows; only empty tables are filled");
    // A table that is truncated in the same transaction can be filled with rows that are visible for good (COPY ... FREEZE): index-only
    // scans are then fast from the first query on.
    database.run("TRUNCATE " + names);
}

// Takes the indexes (and the constraints that stand on them) away, and gives the statements that put them back: building an index over
// all rows at the end costs a fraction of keeping it up to date row by row.
std::vector<std::string> drop_indexes(connection& database) {
    constexpr auto statements = R"(
        WITH mine AS (SELECT indexrelid, indrelid FROM pg_index
                      WHERE indrelid IN ('users'::regclass, 'events'::regclass, 'bets'::regclass, 'sessions'::regclass))
        SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', indexrelid::regclass)
                    ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', indrelid::regclass, c.conname) END,
               CASE WHEN c.oid IS NULL THEN pg_get_indexdef(indexrelid)
                    ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', indrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) END
        FROM mine LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.contype IN ('p', 'u', 'x')
        ORDER BY c.oid IS NULL, indexrelid)";
    const result rows = database.run(statements);
    std::vector<std::string> restore;
    for (int row = 0; row < PQntuples(rows.get()); ++row) {
        database.run(PQgetvalue(rows.get(), row, 0));
        restore.emplace_back(PQgetvalue(rows.get(), row, 1));
    }
    return restore;
}

void copy(connection& database, const table_plan& table) {
    progress shown(stdout, table.name, table.rows);
    database.begin_copy("COPY " + table.name + " FROM STDIN WITH (FREEZE)");
    std::string buffer;
    buffer.reserve(bytes_per_send + 1024);
    for (std::uint64_t row = 0; row < table.rows; ++row) {
        table.append(buffer, row);
        if (buffer.size() >= bytes_per_send) {
            database.send_copy(buffer);
            buffer.clear();
            shown.update(row + 1);
        }
    }
    database.send_copy(buffer);
    database.end_copy();
    shown.finish();
}

void build_indexes(connection& database, const std::vector<std::string>& statements) {
    database.run("SET LOCAL maintenance_work_mem = '256MB'");
    progress shown(stdout, "indexes", statements.size());
    for (std::size_t done = 0; done < statements.size(); ++done) {
        database.run(statements[done]);
        shown.update(done + 1);
    }
    shown.finish();
}

}  // namespace

void load(const load_options& options) {
    connection database(options.url);
    const instant now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const dataset data(options.seed, options.sizes, now);
    const std::vector<table_plan> tables = plan_of(data);

    database.run("BEGIN");
    lock_empty_tables(database, tables);
    const std::vector<std::string> indexes = drop_indexes(database);
    for (const table_plan& table : tables) copy(database, table);
    build_indexes(database, indexes);
    database.run("SELECT setval(pg_get_serial_sequence('bets', 'id'), " + std::to_string(options.sizes.bets) + ")");
    for (const table_plan& table : tables) database.run("ANALYZE " + table.name);
    database.run("COMMIT");
}

}  // namespace respgres::bookmaker
