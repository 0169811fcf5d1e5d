#pragma once

#include "conf/problem.hpp"
#include "conf/settings.hpp"
#include "proxy/invalidations/server_facts.hpp"
#include "proxy/invalidations/table_facts.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace respgres::proxy {

struct freshness_report {
    conf::problems found;      // with these the promise of [freshness] does not hold
    conf::problems warnings;   // what it does not cover, and what costs more than it must
};

// What keeps the mappings that follow changes from being told of them, in the tables and in the queries. All of it, each with its cure.
freshness_report mapping_problems(const mapping_table& mappings, const table_facts& facts, const server_facts& server);

// What the server lacks: wal_level, publication, slot, rights.
freshness_report server_problems(const conf::settings& settings, const table_facts& facts, const server_facts& server);

// The columns whose old values row-exact mappings need and the change stream does not tell, by the OID of the table.
std::map<std::uint32_t, std::set<std::string>> untold_columns(const mapping_table& mappings, const table_facts& facts);

// The statements after which rows of `table` as they were have `columns`.
std::vector<std::string> identity_cure(const table_fact& table, const std::set<std::string>& columns);

// Tables that hold rows of followed ones, and of which no UPDATE would succeed once it is published.
std::vector<const table_fact*> tables_without_identity(const table_facts& facts);

// Followed tables, and parts of them, that the publication lacks; those without identity are not among them.
std::vector<const table_fact*> unpublished_tables(const table_facts& facts);

}  // namespace respgres::proxy
