#include "tests/consistency/items.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::tests::consistency {

namespace {

enum part : std::size_t { in_item, in_row, in_home, in_away, in_everything };

cell cell_at(unsigned item, part where) {
    return item * cells_of_an_item + where;
}

// The digits behind `name` and what stands between a name and its value, from `at` on. `at` moves behind them; npos when there are none.
version number_behind(std::string_view text, std::string_view name, std::size_t& at) {
    version number = 0;
    at = text.find(name, at);
    if (at == text.npos) return number;
    at = text.find_first_of("0123456789", at + name.size());
    if (at == text.npos) return number;
    const auto end = std::from_chars(text.data() + at, text.data() + text.size(), number).ptr;
    at = static_cast<std::size_t>(end - text.data());
    return number;
}

std::string numbered(std::string_view name, unsigned number) {
    return std::string(name).append(std::to_string(number));
}

}  // namespace

std::map<unsigned, version> rows_in(std::string_view reply) {
    std::map<unsigned, version> rows;
    if (reply.starts_with('*') || reply.starts_with('%')) {   // HGETALL: ... $7 version $2 17 ...
        std::size_t at = reply.find("\r\nversion\r\n$");
        if (at == reply.npos) return rows;
        at = reply.find("\r\n", at + 12);
        const version found = number_behind(reply, "\r\n", at);
        if (at != reply.npos) rows.emplace(unnamed, found);
        return rows;
    }
    for (std::size_t at = 0;;) {
        const auto id = number_behind(reply, "\"id\"", at);
        if (at == reply.npos) return rows;
        const auto found = number_behind(reply, "\"version\"", at);
        if (at == reply.npos) return rows;
        rows.emplace(static_cast<unsigned>(id), found);
    }
}

std::string item_set::name_of(const watched_key& key) const {
    switch (key.what) {
        case watched_key::kind::item: return numbered("item:", key.number);
        case watched_key::kind::row: return numbered("row:", key.number);
        case watched_key::kind::group: return numbered("group:", key.number);
        case watched_key::kind::everything: return "everything";
    }
    return {};
}

std::string item_set::name_of(cell where) const {
    const auto item = static_cast<unsigned>(where / cells_of_an_item);
    const std::string of_row = numbered(", row ", item);
    switch (where % cells_of_an_item) {
        case in_item: return numbered("item:", item);
        case in_row: return numbered("row:", item);
        case in_home: return numbered("group:", home_of(item)) + of_row;
        case in_away: return numbered("group:", away_of(item)) + of_row;
        default: return "everything" + of_row;
    }
}

std::vector<std::string> item_set::keys_of(unsigned item) const {
    return {numbered("item:", item), numbered("row:", item), numbered("group:", home_of(item)), numbered("group:", away_of(item)),
            "everything"};
}

std::vector<watched_key> item_set::all_keys() const {
    std::vector<watched_key> all{{watched_key::kind::everything, 0}};
    for (unsigned i = 0; i < items(); ++i) all.push_back({watched_key::kind::item, i});
    for (unsigned i = 0; i < items(); ++i) all.push_back({watched_key::kind::row, i});
    for (unsigned g = 0; g < groups(); ++g) all.push_back({watched_key::kind::group, g});
    return all;
}

std::vector<write> item_set::writes(unsigned item, const item_version& made, moment begin, moment end, bool committed) const {
    const auto in_group = [&made](unsigned group) { return made.present && made.group == group; };
    const bool there[cells_of_an_item] = {made.present, made.present, in_group(home_of(item)), in_group(away_of(item)), made.present};
    std::vector<write> all;
    for (std::size_t i = 0; i < cells_of_an_item; ++i)
        all.push_back({cell_at(item, static_cast<part>(i)), made.number, begin, end, committed, !there[i]});
    return all;
}

std::vector<invalidation> item_set::invalidations(unsigned item, version number, moment when) const {
    std::vector<invalidation> all;
    for (std::size_t i = 0; i < cells_of_an_item; ++i) all.push_back({cell_at(item, static_cast<part>(i)), number, when});
    return all;
}

std::vector<unsigned> item_set::members_of(const watched_key& key) const {
    if (key.what == watched_key::kind::item || key.what == watched_key::kind::row) return {key.number};
    std::vector<unsigned> found;
    for (unsigned i = 0; i < items(); ++i)
        if (key.what == watched_key::kind::everything || home_of(i) == key.number || away_of(i) == key.number) found.push_back(i);
    return found;
}

cell item_set::cell_of(const watched_key& key, unsigned item) const {
    switch (key.what) {
        case watched_key::kind::item: return cell_at(item, in_item);
        case watched_key::kind::row: return cell_at(item, in_row);
        case watched_key::kind::group: return cell_at(item, home_of(item) == key.number ? in_home : in_away);
        case watched_key::kind::everything: break;
    }
    return cell_at(item, in_everything);
}

std::vector<read> item_set::reads(const watched_key& key, std::string_view reply, const read& common) const {
    const auto rows = rows_in(reply);
    std::vector<read> all;
    for (const unsigned item : members_of(key)) {
        const bool of_hash = key.what == watched_key::kind::row && rows.contains(unnamed);
        const auto row = rows.find(of_hash ? unnamed : item);
        read& r = all.emplace_back(common);
        r.where = cell_of(key, item);
        r.seen = row == rows.end() ? std::nullopt : std::optional(row->second);
    }
    return all;
}

std::string item_set::schema() const {
    const std::string last = std::to_string(items() - 1);
    const std::string groups_text = std::to_string(groups());
    return "CREATE TABLE items(id int PRIMARY KEY, version bigint NOT NULL, grp int NOT NULL, pad text NOT NULL);"
           "INSERT INTO items SELECT id, 1, id % " +
           groups_text + ", repeat('x', 100) FROM generate_series(0, " + last +
           ") id;"
           "CREATE UNIQUE INDEX items_with_group ON items(id, grp);"
           "ALTER TABLE items REPLICA IDENTITY USING INDEX items_with_group;"
           "CREATE PUBLICATION respgres FOR TABLE items";
}

std::string mapping_tables(std::chrono::milliseconds slowness, bool sleeps, std::uint32_t coalesce_ms, bool near) {
    const std::string sleep = ", pg_sleep(" + std::to_string(slowness.count()) + " / 1000.0)";
    const std::string work = ", (SELECT count(*) FROM generate_series(1, " + std::to_string(slowness.count() * 10'000) + ")) slow";
    const std::string slow = slowness.count() == 0 ? "" : sleeps ? sleep : work;
    const std::string wide = coalesce_ms == 0 ? "" : "coalesce_ms = " + std::to_string(coalesce_ms) + "\n";
    const std::string_view kept = near ? "near_cache = true\n" : "";
    const auto table = [kept](std::string_view name, std::string_view key, std::string_view shape, const std::string& query) {
        return "[mapping." + std::string(name) + "]\nkey = \"" + std::string(key) + "\"\nshape = \"" + std::string(shape) +
               "\"\nttl = \"10m\"\nnegative_ttl = \"10m\"\nquery = \"" + query + "\"\n" + std::string(kept);
    };
    return table("item", "item:{id:int}", "json_row", "SELECT id, version, grp, pad FROM items WHERE id = :id") +
           table("row", "row:{id:int}", "hash", "SELECT id, version, grp, pad FROM items WHERE id = :id") +
           table("group", "group:{grp:int}", "json",
                 "SELECT id, version FROM items WHERE id IN (SELECT id FROM items" + slow + " WHERE grp = :grp) ORDER BY id") +
           wide + table("everything", "everything", "json", "SELECT id, version FROM items" + slow + " ORDER BY id") + wide;
}

}  // namespace respgres::tests::consistency
