#include "proxy/invalidations/read_table_facts.hpp"

#include "proxy/invalidations/catalogue_questions.hpp"
#include "proxy/invalidations/query_probe.hpp"

#include <algorithm>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::outcome;
using rows = postgres::session::rows;
using row = postgres::session::row;
using texts = std::vector<std::string>;
using oids = std::vector<std::uint32_t>;

const std::string& text(const row& of, std::size_t column) {
    static const std::string empty;
    return of[column] ? *of[column] : empty;
}
std::uint32_t oid(const row& of, std::size_t column) {
    return static_cast<std::uint32_t>(std::strtoul(text(of, column).c_str(), nullptr, 10));
}
bool truth(const row& of, std::size_t column) {
    return text(of, column) == "t";
}
char letter(const row& of, std::size_t column) {
    return text(of, column).empty() ? '\0' : text(of, column).front();
}

// An array's text.
template <class List>
std::string array_of(const List& all) {
    std::string made;
    for (const auto& each : all) {
        made += made.empty() ? "{" : ",";
        if constexpr (std::is_integral_v<std::decay_t<decltype(each)>>)
            made += std::to_string(each);
        else
            made += "\"" + each + "\"";   // names of words: no quotes or backslashes in them
    }
    return made.empty() ? "{}" : made + "}";
}

void sort_unique(oids& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
}

class facts_reader {
public:
    facts_reader(postgres::session& over, const conf::settings& settings, postgres::session::time_point limit)
        : over_(over), settings_(settings), limit_(limit) {}

    asio::awaitable<outcome<table_facts>> run(const mapping_table& mappings) {
        for (const auto& source : mappings.all()) {
            if (!follows_changes(settings_, *source)) continue;
            mapping_facts about;
            about.mapping = source->index;
            const auto done = co_await read_mapping(*source, about);
            if (done.has_error()) co_return done.error();
            facts_.mappings.push_back(std::move(about));
        }
        const auto tables = co_await read_tables();
        if (tables.has_error()) co_return tables.error();
        const auto published = co_await ask(catalogue::published_tables, settings_.freshness.publication.value);
        if (published.has_error()) co_return published.error();
        for (const auto& each : *published) facts_.published.insert(oid(each, 0));
        co_return std::move(facts_);
    }

private:
    asio::awaitable<outcome<rows>> ask(std::string sql) { return over_.query(std::move(sql), limit_); }
    asio::awaitable<outcome<rows>> ask(std::string sql, std::string first) {
        texts values;
        values.push_back(std::move(first));
        return over_.query(std::move(sql), std::move(values), limit_);
    }
    asio::awaitable<outcome<rows>> ask(std::string sql, std::string first, std::string second) {
        texts values;
        values.push_back(std::move(first));
        values.push_back(std::move(second));
        return over_.query(std::move(sql), std::move(values), limit_);
    }

    asio::awaitable<outcome<void>> read_mapping(const mapping& source, mapping_facts& about) {
        const auto began = co_await ask("BEGIN");
        if (began.has_error()) co_return began.error();
        const auto derived = co_await derive(source, about);
        const auto undone = co_await ask("ROLLBACK; DEALLOCATE ALL");
        if (undone.has_error()) co_return undone.error();
        const bool refused =
            derived.has_error() && (derived.error().code == errc::server_error || derived.error().code == errc::invalid_parameter);
        if (derived.has_error() && !refused) co_return derived.error();
        if (refused) about.underived = derived.error().detail;
        about.lacks_temp_right = refused && about.prepares && derived.error().sqlstate == "42501";
        about.followed = about.derived;
        if (source.settings.invalidate_on.value.empty()) co_return boost::system::in_place_value;
        co_return co_await resolve(source.settings.invalidate_on.value, about);
    }

    // In a transaction that is rolled back.
    asio::awaitable<outcome<void>> derive(const mapping& source, mapping_facts& about) {
        const std::string& sql = source.statement.sql;
        const auto prepared = co_await ask("PREPARE respgres_probe AS " + sql);
        if (prepared.has_error()) co_return prepared.error();
        about.prepares = true;
        const auto parameters = co_await ask(catalogue::parameters_of_probe);
        if (parameters.has_error()) co_return parameters.error();
        texts types;
        for (const auto& each : *parameters) {
            about.parameter_types.push_back(oid(each, 0));
            types.push_back(text(each, 1));
        }
        const auto made = co_await ask("CREATE TEMPORARY VIEW respgres_probe AS " + probe_view(sql, types));
        if (made.has_error()) co_return made.error();
        const auto reads = co_await ask(catalogue::relations_of_probe);
        if (reads.has_error()) co_return reads.error();
        auto names = called_names(sql);
        for (const auto& each : *reads) take(each, about, names);
        for (oids* list : {&about.direct, &about.derived, &about.views}) sort_unique(*list);
        const auto found = co_await ask(catalogue::volatile_functions, array_of(names));
        if (found.has_error()) co_return found.error();
        for (const auto& each : *found) about.unpromised.push_back(text(each, 0));
        for (auto& each : names)
            if (tells_time(each)) about.unpromised.push_back(std::move(each));
        sort_unpromised(about.unpromised);
        co_return boost::system::in_place_value;
    }

    static void sort_unpromised(texts& names) {
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
    }

    // One row of relations_of_probe.
    static void take(const row& read, mapping_facts& about, texts& names) {
        if (letter(read, 0) == 'f') return about.unpromised.push_back(text(read, 2));
        if (truth(read, 3)) about.direct.push_back(oid(read, 1));
        const bool view = letter(read, 2) == 'v';
        (view ? about.views : about.derived).push_back(oid(read, 1));
        if (!view) return;
        auto called = called_names(text(read, 4));
        names.insert(names.end(), std::make_move_iterator(called.begin()), std::make_move_iterator(called.end()));
    }

    asio::awaitable<outcome<void>> resolve(const texts& names, mapping_facts& about) {
        about.followed.clear();
        for (const auto& name : names) {
            const auto found = co_await ask(catalogue::relation_of_name, name);
            const bool unreadable = found.has_error() && found.error().code != errc::server_error;
            if (unreadable) co_return found.error();
            const bool is_table =
                found.has_value() && !found->empty() && std::string_view("rpmfS").find(letter(found->front(), 1)) != std::string_view::npos;
            if (is_table)
                about.followed.push_back(oid(found->front(), 0));
            else
                about.unresolved.push_back(name);
        }
        sort_unique(about.followed);
        co_return boost::system::in_place_value;
    }

    asio::awaitable<outcome<void>> read_tables() {
        oids wanted;
        for (const auto& each : facts_.mappings)
            for (const oids* list : {&each.followed, &each.derived, &each.views}) wanted.insert(wanted.end(), list->begin(), list->end());
        sort_unique(wanted);
        const auto found = co_await ask(catalogue::tables, array_of(wanted), settings_.freshness.publication.value);
        if (found.has_error()) co_return found.error();
        for (const auto& each : *found) take_table(each);
        wanted.clear();
        for (const auto& each : facts_.tables) wanted.push_back(each.first);
        const auto columns = co_await ask(catalogue::columns, array_of(wanted), settings_.freshness.publication.value);
        if (columns.has_error()) co_return columns.error();
        for (const auto& each : *columns) take_column(each);
        co_return boost::system::in_place_value;
    }

    void take_table(const row& of) {
        auto& made = facts_.tables[oid(of, 1)];
        made.oid = oid(of, 1);
        made.schema = text(of, 2);
        made.name = text(of, 3);
        made.quoted = text(of, 4);
        made.kind = letter(of, 5);
        made.persistence = letter(of, 6);
        made.identity = letter(of, 7);
        made.has_identity = truth(of, 8);
        made.published = truth(of, 9);
        made.row_filter = truth(of, 10);
        made.row_security = truth(of, 11);
        if (oid(of, 0) != made.oid) facts_.tables[oid(of, 0)].parts.push_back(made.oid);
    }

    void take_column(const row& of) {
        table_column made;
        made.name = text(of, 1);
        made.quoted = text(of, 2);
        made.type = oid(of, 3);
        made.type_name = text(of, 4);
        made.is_enum = truth(of, 5);
        made.in_identity = truth(of, 6);
        made.in_primary_key = truth(of, 7);
        made.not_null = truth(of, 8);
        made.generated = truth(of, 9);
        made.deterministic = truth(of, 10);
        made.published = truth(of, 11);
        facts_.tables[oid(of, 0)].columns.push_back(std::move(made));
    }

    postgres::session& over_;
    const conf::settings& settings_;
    postgres::session::time_point limit_;
    table_facts facts_;
};

}  // namespace

bool follows_changes(const conf::settings& settings, const mapping& source) {
    return settings.freshness.source.value == conf::freshness_source::replication && source.settings.follow_changes &&
           !source.redis_is_primary();
}

asio::awaitable<outcome<table_facts>> read_table_facts(postgres::session& over, const conf::settings& settings,
                                                       const mapping_table& mappings, postgres::session::time_point limit) {
    facts_reader reader(over, settings, limit);
    co_return co_await reader.run(mappings);
}

}  // namespace respgres::proxy
