#pragma once

// What read_table_facts and read_server_facts ask PostgreSQL (12 and later).
namespace respgres::proxy::catalogue {

// Of the prepared statement respgres_probe: type OID, and name as SQL takes it, of $1 ...
inline constexpr char parameters_of_probe[] =
    "SELECT u.type::oid, format_type(u.type::oid, NULL) FROM pg_prepared_statements p, unnest(p.parameter_types) WITH ORDINALITY AS "
    "u(type, n) "
    "WHERE p.name = 'respgres_probe' ORDER BY u.n";

// Of the view pg_temp.respgres_probe: 'r', OID, its relkind, whether it is named by the query itself, and the text of a view; or 'f', OID, name, '', ''
// for functions that may read tables: not immutable and not built in. Views are followed, materialized views are not: they change only when told to.
inline constexpr char relations_of_probe[] =
    "WITH RECURSIVE reads(class, oid, direct) AS ("
    " SELECT d.refclassid, d.refobjid, true FROM pg_rewrite r"
    "  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refobjid <> r.ev_class"
    "  WHERE r.ev_class = 'pg_temp.respgres_probe'::regclass"
    " UNION"
    " SELECT d.refclassid, d.refobjid, false FROM reads"
    "  JOIN pg_class v ON reads.class = 'pg_class'::regclass AND v.oid = reads.oid AND v.relkind = 'v'"
    "  JOIN pg_rewrite r ON r.ev_class = v.oid"
    "  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refobjid <> r.ev_class) "
    "SELECT 'r', c.oid, c.relkind::text, bool_or(reads.direct), CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) ELSE '' END"
    " FROM reads JOIN pg_class c ON c.oid = reads.oid WHERE reads.class = 'pg_class'::regclass AND c.relkind <> 'c' GROUP BY c.oid, "
    "c.relkind "
    "UNION ALL "
    "SELECT DISTINCT 'f', p.oid, p.proname::text, false, '' FROM reads JOIN pg_proc p ON p.oid = reads.oid JOIN pg_language l ON l.oid = "
    "p.prolang"
    " WHERE reads.class = 'pg_proc'::regclass AND (p.provolatile = 'v' OR (p.provolatile = 's' AND l.lanname NOT IN ('c', 'internal'))) "
    "ORDER BY 1, 2";

// $1: names. Those of built-in functions whose answer changes by itself. PostgreSQL keeps no dependencies on what is built in.
inline constexpr char volatile_functions[] =
    "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v' AND proname = "
    "ANY($1::text[]) ORDER BY 1";

// $1: "table" or "schema.table". OID and relkind; no row for no relation.
inline constexpr char relation_of_name[] = "SELECT oid, relkind FROM pg_class WHERE oid = to_regclass($1)";

// $1: OIDs, $2: the publication. A row for each and for each of its parts, of all levels: the followed one's OID, then the table's facts.
inline constexpr char tables[] =
    "WITH RECURSIVE parts(root, oid) AS (SELECT o, o FROM unnest($1::oid[]) AS o"
    " UNION SELECT parts.root, i.inhrelid FROM parts JOIN pg_inherits i ON i.inhparent = parts.oid) "
    "SELECT parts.root, c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), c.relkind, c.relpersistence, c.relreplident,"
    " c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisvalid"
    "   AND (c.relreplident = 'd' AND x.indisprimary AND x.indimmediate OR c.relreplident = 'i' AND x.indisreplident)),"
    " t.tablename IS NOT NULL OR EXISTS (SELECT FROM pg_publication p WHERE p.pubname = $2 AND (p.puballtables OR EXISTS"
    "   (SELECT FROM pg_publication_rel pr WHERE pr.prpubid = p.oid AND pr.prrelid = c.oid))),"
    " coalesce(to_jsonb(t) ->> 'rowfilter' IS NOT NULL, false), c.relrowsecurity "
    "FROM parts JOIN pg_class c ON c.oid = parts.oid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_publication_tables t ON t.pubname = $2 AND t.schemaname = n.nspname AND t.tablename = c.relname "
    "ORDER BY parts.root, c.oid";

// $1: OIDs, $2: the publication. The columns of each.
inline constexpr char columns[] =
    "SELECT a.attrelid, a.attname, quote_ident(a.attname), a.atttypid, format_type(a.atttypid, NULL), t.typtype = 'e',"
    " c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisvalid AND a.attnum = ANY(x.indkey::int2[])"
    "   AND (c.relreplident = 'd' AND x.indisprimary OR c.relreplident = 'i' AND x.indisreplident)),"
    " EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary AND a.attnum = ANY(x.indkey::int2[])),"
    " a.attnotnull, a.attgenerated <> '', coalesce(l.collisdeterministic, true),"
    " NOT EXISTS (SELECT FROM pg_publication_tables p WHERE p.pubname = $2 AND p.schemaname = n.nspname AND p.tablename = c.relname"
    "   AND to_jsonb(p) ? 'attnames' AND NOT to_jsonb(p) -> 'attnames' ? a.attname::text) "
    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = "
    "a.atttypid LEFT JOIN pg_collation l ON l.oid = "
    "a.attcollation "
    "WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

// $1: the publication.
inline constexpr char published_tables[] =
    "SELECT c.oid FROM pg_publication_tables t JOIN pg_namespace n ON n.nspname = t.schemaname JOIN pg_class c ON c.relnamespace = n.oid "
    "AND c.relname = "
    "t.tablename WHERE t.pubname = $1";

// $1: the publication. One row.
inline constexpr char server[] =
    "SELECT current_setting('wal_level'), current_user, quote_ident(current_user), current_database(), quote_ident(current_database()),"
    " quote_ident($1), r.rolsuper, r.rolsuper OR r.rolreplication, has_database_privilege(current_database(), 'CREATE'), "
    "pg_is_in_recovery(),"
    " (SELECT count(*) FROM pg_replication_slots) < current_setting('max_replication_slots')::int,"
    " EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'respgres_ddl' AND evtenabled IN ('O', 'A')) AND"
    " EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'respgres_drop' AND evtenabled IN ('O', 'A')) "
    "FROM pg_roles r WHERE r.rolname = current_user";

// $1: the publication. One row, or none.
inline constexpr char publication[] =
    "SELECT puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = "
    "$1";

// $1: the slot. One row, or none.
inline constexpr char slot[] =
    "SELECT slot_type = 'logical', plugin, coalesce(database = current_database(), false), coalesce(to_jsonb(s) ->> 'wal_status' = 'lost', "
    "false)"
    " FROM pg_replication_slots s WHERE slot_name = $1";

}  // namespace respgres::proxy::catalogue
