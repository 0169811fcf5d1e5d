#include "proxy/invalidations/server_facts.hpp"

#include "proxy/invalidations/catalogue_questions.hpp"

#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;
using row = postgres::session::row;

bool truth(const row& of, std::size_t column) {
    return of[column] == "t";
}

void take_server(const row& of, server_facts& facts) {
    facts.wal_level = of[0].value_or("");
    facts.role = of[1].value_or("");
    facts.quoted_role = of[2].value_or("");
    facts.database = of[3].value_or("");
    facts.quoted_database = of[4].value_or("");
    facts.quoted_publication = of[5].value_or("");
    facts.is_superuser = truth(of, 6);
    facts.may_replicate = truth(of, 7);
    facts.may_create = truth(of, 8);
    facts.is_standby = truth(of, 9);
    facts.free_slot = truth(of, 10);
    facts.event_trigger = truth(of, 11);
}

void take_publication(const row& of, server_facts::publication_fact& fact) {
    fact.exists = true;
    fact.all_tables = truth(of, 0);
    fact.inserts = truth(of, 1);
    fact.updates = truth(of, 2);
    fact.deletes = truth(of, 3);
    fact.truncates = truth(of, 4);
    fact.ours = truth(of, 5);
}

void take_slot(const row& of, server_facts::slot_fact& fact) {
    fact.exists = true;
    fact.logical = truth(of, 0);
    fact.plugin = of[1].value_or("");
    fact.in_this_database = truth(of, 2);
    fact.lost = truth(of, 3);
}

}  // namespace

asio::awaitable<outcome<server_facts>> read_server_facts(postgres::session& over, conf::freshness_settings freshness,
                                                         postgres::session::time_point limit) {
    server_facts facts;
    std::vector<std::string> publication;
    publication.push_back(freshness.publication.value);
    std::vector<std::string> slot;
    slot.push_back(freshness.slot.value);
    const auto server = co_await over.query(catalogue::server, publication, limit);
    if (server.has_error()) co_return server.error();
    take_server(server->front(), facts);
    const auto published = co_await over.query(catalogue::publication, publication, limit);
    if (published.has_error()) co_return published.error();
    if (!published->empty()) take_publication(published->front(), facts.publication);
    const auto slots = co_await over.query(catalogue::slot, slot, limit);
    if (slots.has_error()) co_return slots.error();
    if (!slots->empty()) take_slot(slots->front(), facts.slot);
    co_return facts;
}

}  // namespace respgres::proxy
