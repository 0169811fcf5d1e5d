#include "tests/consistency/writer.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace respgres::tests::consistency {

namespace {

using std::chrono::steady_clock;

// A fault that lasts longer is none that the run has made.
constexpr std::chrono::seconds longest_outage{30};

std::string number(std::uint64_t n) {
    return std::to_string(n);
}

std::string update(unsigned item, const item_version& made) {
    return "UPDATE items SET version = " + number(made.number) + ", grp = " + number(made.group) + " WHERE id = " + number(item) + ";";
}

}  // namespace

writer::writer(workload& shared, mailbox& box, std::uint64_t seed, double per_second)
    : shared_(shared),
      box_(box),
      random_(seed),
      pace_(per_second),
      postgres_(shared.where.postgres),
      front_(shared.where.proxies[seed % shared.where.proxies.size()]),
      proxy_(static_cast<std::uint8_t>(seed % shared.where.proxies.size())) {}

void writer::run() {
    while (shared_.writing) {
        box_.open_since(steady_clock::now());
        pace_.wait();
        transact(choose());
    }
    box_.nothing_more();
}

// Most transactions concern the items in focus, so that their fills race with many writes.
std::vector<unsigned> writer::choose() {
    std::vector<unsigned> items;
    const std::size_t wanted = 1 + random_() % 3;
    const bool anywhere = one_in(10);
    const unsigned first = anywhere ? 0 : shared_.focus(steady_clock::now());
    const unsigned among = anywhere ? shared_.items.items() : 4;
    while (items.size() < wanted) {
        const auto item = first + static_cast<unsigned>(random_() % among);
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
    }
    std::sort(items.begin(), items.end());   // the order of the turns: no deadlock
    return items;
}

writer::plan writer::plan_for(unsigned item) {
    item_state& state = shared_.states[item];
    const item_version& now = state.current;
    plan made{item, {++state.attempts, true, now.group}, false};
    const auto home = shared_.items.home_of(item);
    const auto other = now.group == home ? shared_.items.away_of(item) : home;
    const auto dice = random_() % 100;
    if (!now.present)
        made.made.group = dice < 50 ? home : shared_.items.away_of(item);
    else if (dice < 15)
        made.made.group = other;
    else if (dice < 27)
        made.made.present = false;
    else
        made.only_version = true;
    return made;
}

// `undone`: versions that are written and taken back before.
std::string writer::statements(const std::vector<plan>& plans, const std::vector<plan>& undone) {
    std::string sql = "BEGIN;";
    for (const plan& p : undone) sql += "SAVEPOINT here;" + update(p.item, p.made) + "ROLLBACK TO here;";
    if (plans.size() > 1 && std::all_of(plans.begin(), plans.end(), [](const plan& p) { return p.only_version; })) {
        std::string values;
        for (const plan& p : plans) values += (values.empty() ? "(" : ", (") + number(p.item) + ", " + number(p.made.number) + ")";
        sql += "UPDATE items SET version = v.version FROM (VALUES " + values + ") v(id, version) WHERE items.id = v.id;";
    } else {
        for (const plan& p : plans) sql += statement(p);
    }
    return sql;
}

std::string writer::statement(const plan& p) const {
    if (!shared_.states[p.item].current.present)
        return "INSERT INTO items VALUES (" + number(p.item) + ", " + number(p.made.number) + ", " + number(p.made.group) +
               ", repeat('y', 100));";
    return p.made.present ? update(p.item, p.made) : "DELETE FROM items WHERE id = " + number(p.item) + ";";
}

// What became of a transaction whose answer was lost: what its first row is, for it is still our turn there. pg_xact_status() will not do, for after a crash
// PostgreSQL gives the same number to another.
writer::ending writer::settle(const plan& first) {
    ++shared_.seen.unknown_ends;
    const auto deadline = steady_clock::now() + longest_outage;
    for (;;) {
        const auto rows = postgres_.run("SELECT version FROM items WHERE id = " + number(first.item));
        if (rows) {
            const bool done = first.made.present ? !rows->empty() && rows->at(0).at(0) == number(first.made.number) : rows->empty();
            return done ? ending::committed : ending::rolled_back;
        }
        if (steady_clock::now() > deadline) throw std::runtime_error("PostgreSQL was away for too long");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

writer::ending writer::commit(const std::vector<plan>& plans, const std::vector<plan>& undone) {
    if (!postgres_.run(statements(plans, undone))) return ending::rolled_back;
    if (one_in(12)) {
        postgres_.run("ROLLBACK");
        return ending::rolled_back;
    }
    if (postgres_.run("COMMIT")) return ending::committed;
    return settle(plans.front());
}

void writer::transact(const std::vector<unsigned>& items) {
    std::vector<std::unique_lock<std::mutex>> turns;
    for (const unsigned item : items) turns.emplace_back(shared_.states[item].turn);
    const moment begin = steady_clock::now();
    box_.open_since(begin);
    std::vector<plan> plans;
    std::vector<plan> undone;
    for (const unsigned item : items) {
        item_state& state = shared_.states[item];
        if (state.current.present && one_in(10)) undone.push_back({item, {++state.attempts, true, state.current.group}, false});
        plans.push_back(plan_for(item));
    }
    const ending how = commit(plans, undone);
    const moment end = steady_clock::now();

    const bool committed = how == ending::committed;
    ++(committed ? shared_.seen.transactions : shared_.seen.rollbacks);
    std::vector<write> writes;
    const auto record = [&](const plan& p, bool kept) {
        const auto more = shared_.items.writes(p.item, p.made, begin, end, kept);
        writes.insert(writes.end(), more.begin(), more.end());
    };
    for (const plan& p : undone) record(p, false);
    for (const plan& p : plans) {
        if (committed) shared_.states[p.item].current = p.made;
        record(p, committed);
    }
    box_.post(writes);
    turns.clear();
    if (!committed) return;
    if (shared_.how.writers_delete) invalidate(plans);
    if (shared_.how.after && one_in(8)) read_after(plans.front());
}

// Until it is acknowledged, as an application does that must not leave old values behind.
void writer::invalidate(const std::vector<plan>& plans) {
    std::vector<std::string> keys;
    for (const plan& p : plans)
        for (std::string& key : shared_.items.keys_of(p.item)) keys.push_back(std::move(key));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::string commands;
    std::size_t replies = 1;
    if (shared_.how.proxies && one_in(2)) {  // the proxy's other way to do it
        for (const std::string& key : keys) commands += resp_client::encode({"PROXY", "INVALIDATE", key});
        replies = keys.size();
    } else {
        keys.insert(keys.begin(), "DEL");
        commands = resp_client::encode(keys);
    }
    const moment begin = steady_clock::now();
    for (;;) {
        bool refused = false;
        const bool answered = front_.exchange(commands, replies, [&refused](const std::string& reply) { refused |= reply[0] == '-'; });
        if (answered && !refused) break;
        if (answered) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // Redis is away: not as fast as possible
        if (steady_clock::now() - begin > longest_outage) throw std::runtime_error("no invalidation was possible for too long");
    }
    const moment now = steady_clock::now();
    shared_.seen.invalidation.note(now - begin);
    for (const plan& p : plans) box_.post(shared_.items.invalidations(p.item, p.made.number, now));
}

// Read your writes on request.
void writer::read_after(const plan& made) {
    const auto lsn = postgres_.run("SELECT pg_current_wal_insert_lsn()");
    if (!lsn) return;
    const auto promised = front_.call({"PROXY", "AFTER", lsn->at(0).at(0)});
    if (!promised || promised->starts_with('-')) return;
    const watched_key key{watched_key::kind::item, made.item};
    read common;
    common.start = steady_clock::now();
    const auto reply = front_.call({"GET", shared_.items.name_of(key)});
    if (!reply || reply->starts_with('-')) return;
    common.end = steady_clock::now();
    common.proxy = proxy_;
    common.at_least = made.made.number;
    box_.post(shared_.items.reads(key, *reply, common));
}

}  // namespace respgres::tests::consistency
