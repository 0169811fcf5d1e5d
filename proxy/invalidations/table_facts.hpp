#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

namespace respgres::proxy {

// What PostgreSQL's catalogue says of one column.
struct table_column {
    std::string name;
    std::string quoted;                // as SQL takes it
    std::uint32_t type = 0;            // OID
    std::string type_name;             // "bigint"
    bool is_enum = false;
    bool in_identity = false;          // rows as they were have it (REPLICA IDENTITY)
    bool in_primary_key = false;
    bool not_null = false;
    bool generated = false;            // the change stream does not have it
    bool published = true;  // false: the publication has a list of columns without it
    bool deterministic = true;         // its collation: equal means the same bytes
};

// A table, or anything else that a query reads as one.
struct table_fact {
    std::uint32_t oid = 0;
    std::string schema;
    std::string name;
    std::string quoted;                // schema and name as SQL takes them
    char kind = 'r';  // pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table, S sequence
    char persistence = 'p';  // p permanent, u unlogged, t temporary
    char identity = 'd';  // pg_class.relreplident: d primary key, i index, f full, n nothing
    bool has_identity = false;  // false: UPDATE and DELETE fail once they are published
    bool published = false;  // it itself, by name, by schema or by FOR ALL TABLES
    bool row_filter = false;  // the publication leaves rows out
    bool row_security = false;  // the query reads what its policies read, which nothing tells
    std::vector<table_column> columns;
    std::vector<std::uint32_t> parts;  // partitions and tables that inherit, of all levels: changes arrive under their OIDs

    std::string full_name() const { return schema + "." + name; }  // for messages
    const table_column* column(const std::string& name) const;  // null: it has none
};

// What one mapping's query reads.
struct mapping_facts {
    std::size_t mapping = 0;  // mapping::index
    std::vector<std::uint32_t> direct;  // relations that the query itself names
    std::vector<std::uint32_t> derived;  // all that it reads in the end, through views: no views
    std::vector<std::uint32_t> views;
    std::vector<std::uint32_t> followed;  // whose changes drop its keys: invalidate_on, or `derived`
    std::vector<std::uint32_t> parameter_types;  // OIDs of $1 ..., as PostgreSQL derives them
    std::vector<std::string> unresolved;  // names in invalidate_on that are no table
    std::vector<std::string> unpromised;  // functions whose answer changes without any change to a table, or that read tables unseen
    std::string underived;  // why PostgreSQL did not tell what the query reads; empty: it did
    bool prepares = false;                       // the query is one; else `underived` says what is wrong with it
    bool lacks_temp_right = false;  // ... since we may make no temporary view
};

// What the followed mappings read. Read once at start, and again when a definition changes.
struct table_facts {
    std::vector<mapping_facts> mappings;  // those that follow changes, in the order of the table of mappings
    std::map<std::uint32_t, table_fact> tables;  // all tables and views that these name, and their parts
    std::unordered_set<std::uint32_t> published;  // OIDs of all tables in the publication

    const table_fact* table(std::uint32_t oid) const;
    const mapping_facts* of(std::size_t mapping) const;  // null: it does not follow changes
    // The tables whose rows a followed table holds, itself among them unless it is partitioned: those have an identity of their own.
    std::vector<const table_fact*> stored(const table_fact& followed) const;
    // Whether all changes of a followed table are in the publication.
    bool is_covered(const table_fact& followed) const;
};

}  // namespace respgres::proxy
