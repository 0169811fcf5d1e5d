#include "proxy/invalidations/setup_plan.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

using kind = setup_step::kind;

// Tell of every table and view that is altered, with the tables that it is a part of. What ALTER TYPE touches is not known, so it says "all". Temporary
// tables concern nobody else.
constexpr char ddl_function[] = R"(CREATE OR REPLACE FUNCTION respgres_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $respgres$
DECLARE content text;
BEGIN
  WITH RECURSIVE changed(oid) AS (
    SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands()
    WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND schema_name IS DISTINCT FROM 'pg_temp' AND object_type NOT IN ('index', 'sequence')
    UNION
    SELECT i.inhparent FROM changed JOIN pg_catalog.pg_inherits i ON i.inhrelid = changed.oid)
  SELECT pg_catalog.string_agg(oid::pg_catalog.text, ' ') INTO content FROM changed;
  IF EXISTS (SELECT FROM pg_catalog.pg_event_trigger_ddl_commands() WHERE command_tag = 'ALTER TYPE') THEN content := 'all'; END IF;
  IF content IS NOT NULL THEN PERFORM pg_catalog.pg_logical_emit_message(true, 'respgres_ddl', content); END IF;
END $respgres$)";

constexpr char drop_function[] = R"(CREATE OR REPLACE FUNCTION respgres_drop() RETURNS event_trigger LANGUAGE plpgsql AS $respgres$
DECLARE content text;
BEGIN
  SELECT pg_catalog.string_agg(DISTINCT objid::pg_catalog.text, ' ') INTO content FROM pg_catalog.pg_event_trigger_dropped_objects()
  WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND NOT is_temporary AND object_type NOT IN ('index', 'sequence');
  IF content IS NOT NULL THEN PERFORM pg_catalog.pg_logical_emit_message(true, 'respgres_ddl', content); END IF;
END $respgres$)";

std::string literal(const std::string& text) {
    std::string made = "'";
    for (const char c : text) made += c == '\'' ? std::string("''") : std::string(1, c);
    return made + "'";
}

class planner {
public:
    planner(const conf::settings& settings, const mapping_table& mappings, const table_facts& facts, const server_facts& server)
        : settings_(settings), mappings_(mappings), facts_(facts), server_(server) {}

    std::vector<setup_step> run() {
        plan_server();
        plan_identities();
        plan_publication();
        plan_slot();
        plan_event_trigger();
        return std::move(steps_);
    }

private:
    void add(kind how, std::string why, std::vector<std::string> sql, bool blocks = false) {
        steps_.push_back({how, std::move(why), std::move(sql), blocks});
    }

    void plan_server() {
        if (server_.wal_level != "logical")
            add(kind::advice, "The server writes no changes that can be decoded. Restart PostgreSQL after this, then run setup again.",
                {"ALTER SYSTEM SET wal_level = logical"}, true);
        if (!server_.may_replicate)
            add(kind::advice, "The proxy's role may not read the change stream.", {"ALTER ROLE " + server_.quoted_role + " REPLICATION"},
                true);
        for (const auto& each : facts_.mappings) {
            if (!each.lacks_temp_right) continue;
            add(kind::advice, "Which tables a query reads is derived by a temporary view; without it, every mapping needs invalidate_on.",
                {"GRANT TEMPORARY ON DATABASE " + server_.quoted_database + " TO " + server_.quoted_role}, true);
            break;
        }
    }

    void plan_identities() {
        const auto untold = untold_columns(mappings_, facts_);
        const auto needed = [&untold](const table_fact& table) {
            const auto found = untold.find(table.oid);
            return found == untold.end() ? std::set<std::string>() : found->second;
        };
        for (const auto* const table : tables_without_identity(facts_))
            add(kind::advice,
                table->full_name() +
                    " has no replica identity. It is not published: every UPDATE and DELETE of it would fail. Give it a primary key, or do "
                    "this.",
                identity_cure(*table, needed(*table)), true);
        for (const auto& [oid, columns] : untold) {
            const table_fact& table = *facts_.table(oid);
            if (!table.has_identity) continue;
            std::string names;
            for (const auto& name : columns) names += (names.empty() ? "" : ", ") + name;
            add(kind::advice,
                "So that changes of " + table.full_name() + " tell the old value of " + names +
                    " (or list it in immutable, if it never changes).",
                identity_cure(table, columns));
        }
    }

    void plan_publication() {
        std::string tables;
        for (const auto* const table : unpublished_tables(facts_)) tables += (tables.empty() ? "" : ", ") + table->quoted;
        const std::string name = server_.quoted_publication;
        if (!server_.publication.exists) {
            add(kind::run, "The tables whose changes are told. It takes their owner, and CREATE in the database.",
                {"CREATE PUBLICATION " + name + (tables.empty() ? "" : " FOR TABLE " + tables)});
            return;
        }
        const auto& has = server_.publication;
        if (!(has.inserts && has.updates && has.deletes && has.truncates))
            add(kind::run, "The publication leaves out operations.",
                {"ALTER PUBLICATION " + name + " SET (publish = 'insert, update, delete, truncate')"});
        if (!tables.empty()) add(kind::run, "The publication lacks tables.", {"ALTER PUBLICATION " + name + " ADD TABLE " + tables});
    }

    // Behind the publication: a slot decodes with the catalogue as it was at each change.
    void plan_slot() {
        const std::string name = literal(settings_.freshness.slot.value);
        const std::string make = "SELECT pg_create_logical_replication_slot(" + name + ", 'pgoutput')";
        const auto& slot = server_.slot;
        if (!slot.exists && server_.wal_level == "logical") {
            add(kind::run, "The slot keeps changes until they are applied. It waits for transactions that are open now.", {make});
        } else if (slot.exists && (!slot.logical || slot.plugin != "pgoutput" || !slot.in_this_database)) {
            add(kind::advice, "The slot is another program's: choose another name in [freshness].", {}, true);
        } else if (slot.lost) {
            add(kind::advice, "The slot is lost: the server has removed changes that it needs.",
                {"SELECT pg_drop_replication_slot(" + name + ")", make}, true);
        }
    }

    void plan_event_trigger() {
        if (server_.event_trigger) return;
        const std::vector<std::string> sql{ddl_function,
                                           drop_function,
                                           "DROP EVENT TRIGGER IF EXISTS respgres_ddl",
                                           "CREATE EVENT TRIGGER respgres_ddl ON ddl_command_end EXECUTE FUNCTION respgres_ddl()",
                                           "DROP EVENT TRIGGER IF EXISTS respgres_drop",
                                           "CREATE EVENT TRIGGER respgres_drop ON sql_drop EXECUTE FUNCTION respgres_drop()"};
        if (server_.is_superuser)
            add(kind::optional, "Tells DDL, of which the change stream itself says nothing.", sql);
        else
            add(kind::advice, "Tells DDL, of which the change stream itself says nothing. Optional; it takes a superuser.", sql);
    }

    const conf::settings& settings_;
    const mapping_table& mappings_;
    const table_facts& facts_;
    const server_facts& server_;
    std::vector<setup_step> steps_;
};

}  // namespace

std::vector<setup_step> setup_plan(const conf::settings& settings, const mapping_table& mappings, const table_facts& facts,
                                   const server_facts& server) {
    return planner(settings, mappings, facts, server).run();
}

}  // namespace respgres::proxy
