#include "proxy/invalidations/freshness_problems.hpp"

#include "conf/values/text.hpp"
#include "proxy/invalidations/row_match.hpp"

#include <algorithm>
#include <string_view>

namespace respgres::proxy {

namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const auto& part : parts) text.append(text.empty() ? "" : between).append(part);
    return text;
}

// What a table is that tells nothing of its changes; empty for one that does.
std::string untold_kind(const table_fact& table) {
    if (table.persistence == 'u') return "an unlogged table";
    if (table.persistence == 't') return "a temporary table";
    switch (table.kind) {
        case 'r':
        case 'p': return {};
        case 'm': return "a materialized view";
        case 'f': return "a foreign table";
        case 'S': return "a sequence";
        case 'v': return "a view";
        default: return "no table";
    }
}

class mapping_checker {
public:
    mapping_checker(const mapping& source, const mapping_facts& reads, const table_facts& facts, const server_facts& server,
                    freshness_report& out)
        : source_(source), reads_(reads), facts_(facts), server_(server), out_(out) {}

    void run() {
        check_derived();
        for (const auto& name : reads_.unresolved) problem(listed(), conf::quote(name) + " in invalidate_on is no table");
        for (const auto oid : reads_.followed)
            if (const auto* const table = facts_.table(oid)) check_table(*table);
        if (reads_.underived.empty()) check_query();
        check_immutable();
        check_identity();
        check_coalescing();
    }

private:
    const conf::position& query() const { return source_.settings.query.where; }
    const conf::position& listed() const { return source_.settings.invalidate_on.where; }
    bool has_list() const { return !source_.settings.invalidate_on.value.empty(); }

    void problem(const conf::position& where, const std::string& message) {
        out_.found.push_back({where, "mapping '" + source_.settings.name + "': " + message});
    }
    void warning(const conf::position& where, const std::string& message) {
        out_.warnings.push_back({where, "mapping '" + source_.settings.name + "': " + message});
    }

    void check_derived() {
        if (reads_.underived.empty() || !reads_.prepares) return;   // a query that does not prepare is told by others
        const std::string why = reads_.lacks_temp_right
                                    ? "PostgreSQL tells which tables the query reads only by way of a temporary view: GRANT TEMPORARY ON "
                                      "DATABASE " +
                                          server_.quoted_database + " TO " + server_.quoted_role
                                    : "PostgreSQL does not tell which tables the query reads: " + reads_.underived;
        if (has_list())
            warning(query(), why + "; what invalidate_on names is not compared with it");
        else
            problem(query(), why + "; or name them in invalidate_on");
    }

    void check_table(const table_fact& table) {
        const auto& where = has_list() ? listed() : query();
        if (const auto kind = untold_kind(table); !kind.empty())
            problem(where, table.full_name() + " is " + kind +
                               ", whose changes nobody tells: with follow_changes = false its keys have their TTL only");
        auto told = facts_.stored(table);
        if (table.kind == 'p') told.push_back(&table);
        for (const auto* const each : told)
            if (each->row_filter)
                problem(where, "the publication leaves out rows of " + each->full_name() + " (WHERE), whose changes are not told");
        if (table.row_security) warning(where, table.full_name() + " has row security: what its policies read drops nothing");
    }

    void check_query() {
        for (const auto oid : reads_.derived) {
            const auto* const table = facts_.table(oid);
            const bool followed = std::find(reads_.followed.begin(), reads_.followed.end(), oid) != reads_.followed.end();
            if (table != nullptr && !followed)
                warning(listed(),
                        "its query also reads " + table->full_name() + ", which invalidate_on leaves out: its changes drop nothing");
        }
        if (reads_.derived.empty() && !has_list())
            warning(query(), "its query reads no table of which changes are told: its keys have their TTL only");
        if (!reads_.unpromised.empty())
            warning(query(), "the query calls " + joined(reads_.unpromised, ", ") +
                                 ": what changes in these without a change in a table it reads drops nothing before the TTL");
    }

    void check_immutable() {
        for (const auto& name : source_.settings.immutable.value) {
            const auto has_it = [&](std::uint32_t oid) {
                return facts_.table(oid) != nullptr && facts_.table(oid)->column(name) != nullptr;
            };
            if (!reads_.followed.empty() && std::none_of(reads_.followed.begin(), reads_.followed.end(), has_it))
                problem(source_.settings.immutable.where, conf::quote(name) + " in immutable is no column of a table that drops its keys");
        }
    }

    // F12: the old key cannot be dropped when the column that makes it is not told.
    void check_identity() {
        const auto match = match_rows(source_, reads_, facts_);
        if (!match.exact || match.columns.empty()) return;
        for (const auto* const table : facts_.stored(*facts_.table(reads_.followed.front()))) {
            std::set<std::string> untold;
            for (const auto& each : match.columns) {
                const auto* const column = table->column(each.name);
                if (column != nullptr && !column->in_identity && !each.immutable) untold.insert(each.name);
            }
            if (untold.empty() || !table->has_identity) continue;
            const std::vector<std::string> names(untold.begin(), untold.end());
            problem(query(),
                    "an UPDATE of " + table->full_name() + " does not tell the old " + joined(names, ", ") +
                        ", so that the key of the old value could not be dropped alone: " + joined(identity_cure(*table, untold), "; ") +
                        "; or, if it never changes in a row, immutable = [\"" + joined(names, "\", \"") + "\"]");
        }
    }

    void check_coalescing() {
        const auto match = match_rows(source_, reads_, facts_);
        if (source_.coalesce().count() > 0 && match.exact && !match.columns.empty())
            problem(
                source_.settings.coalesce_ms.where,
                "coalesce_ms is for wide mappings; this one is row-exact: a change drops the keys of its row alone, at once. Leave it out");
    }

    const mapping& source_;
    const mapping_facts& reads_;
    const table_facts& facts_;
    const server_facts& server_;
    freshness_report& out_;
};

// Where the file first has to do with the table.
const conf::position& first_reader(const mapping_table& mappings, const table_facts& facts, const table_fact& wanted) {
    for (const auto& each : facts.mappings) {
        for (const auto oid : each.followed) {
            const auto* const table = facts.table(oid);
            if (table == nullptr) continue;
            const auto stored = facts.stored(*table);
            if (std::find(stored.begin(), stored.end(), &wanted) != stored.end()) return mappings.all()[each.mapping]->settings.query.where;
        }
    }
    return mappings.all().front()->settings.query.where;
}

}  // namespace

freshness_report mapping_problems(const mapping_table& mappings, const table_facts& facts, const server_facts& server) {
    freshness_report out;
    for (const auto& reads : facts.mappings) mapping_checker(*mappings.all()[reads.mapping], reads, facts, server, out).run();
    for (const auto* const table : tables_without_identity(facts)) {
        const auto untold = untold_columns(mappings, facts);
        const auto needed = untold.find(table->oid);
        out.found.push_back(
            {first_reader(mappings, facts, *table),
             table->full_name() +
                 " has no replica identity: once it is published, every UPDATE and DELETE of it fails. Give it a primary key, or: " +
                 joined(identity_cure(*table, needed == untold.end() ? std::set<std::string>() : needed->second), "; ")});
    }
    return out;
}

freshness_report server_problems(const conf::settings& settings, const table_facts& facts, const server_facts& server) {
    freshness_report out;
    const auto& freshness = settings.freshness;
    const std::string apply = "`respgres setup --apply` ";
    const auto problem = [&out](const conf::position& where, std::string message) { out.found.push_back({where, std::move(message)}); };
    if (server.is_standby) problem(settings.postgres.url.where, "the server is a standby: the change stream needs the primary");
    if (server.wal_level != "logical")
        problem(freshness.source.where,
                "wal_level is " + server.wal_level + ": ALTER SYSTEM SET wal_level = logical, and restart PostgreSQL");
    if (!server.may_replicate)
        problem(freshness.source.where, "the role may not read the change stream: ALTER ROLE " + server.quoted_role + " REPLICATION");
    const auto& publication = server.publication;
    const std::string name = "publication " + conf::quote(freshness.publication.value);
    if (!publication.exists) {
        problem(freshness.publication.where, name + " does not exist; " + apply + "makes it");
    } else {
        if (!(publication.inserts && publication.updates && publication.deletes && publication.truncates))
            problem(freshness.publication.where, name + " leaves out operations: ALTER PUBLICATION " + server.quoted_publication +
                                                     " SET (publish = 'insert, update, delete, truncate')");
        for (const auto* const table : unpublished_tables(facts))
            problem(freshness.publication.where, name + " lacks " + table->full_name() + ": ALTER PUBLICATION " +
                                                     server.quoted_publication + " ADD TABLE " + table->quoted);
    }
    const auto& slot = server.slot;
    const std::string slot_name = "slot " + conf::quote(freshness.slot.value);
    if (!slot.exists)
        out.warnings.push_back(
            {freshness.slot.where, slot_name + " does not exist; the proxy makes it when it starts, " + apply + "at once"});
    else if (!slot.logical || slot.plugin != "pgoutput" || !slot.in_this_database)
        problem(freshness.slot.where,
                slot_name + " is not one of pgoutput in database " + conf::quote(server.database) + ": choose another name");
    else if (slot.lost)
        problem(freshness.slot.where, slot_name + " is lost (max_slot_wal_keep_size): SELECT pg_drop_replication_slot('" +
                                          freshness.slot.value + "'), then " + apply + "makes it again");
    if (!server.event_trigger)
        out.warnings.push_back({freshness.source.where, "ALTER TABLE and other DDL is noticed only with the next change of the table; " +
                                                            apply + "as a superuser makes an event trigger that tells it at once"});
    return out;
}

}  // namespace respgres::proxy
