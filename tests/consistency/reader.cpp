#include "tests/consistency/reader.hpp"

#include <algorithm>

namespace respgres::tests::consistency {

namespace {

using std::chrono::steady_clock;

std::vector<std::string> command_for(const workload& shared, const watched_key& key) {
    const bool hash = key.what == watched_key::kind::row && shared.how.proxies;
    return {hash ? "HGETALL" : "GET", shared.items.name_of(key)};
}

// The rows of a key as JSON.
std::string query_of(const watched_key& key) {
    std::string condition;
    if (key.what == watched_key::kind::group)
        condition = " WHERE grp = " + std::to_string(key.number);
    else if (key.what != watched_key::kind::everything)
        condition = " WHERE id = " + std::to_string(key.number);
    return "SELECT coalesce(json_agg(json_build_object('id', id, 'version', version))::text, '[]') FROM items" + condition;
}

bool is_nil(std::string_view reply) {
    return reply == "$-1\r\n" || reply == "_\r\n";
}

}  // namespace

reader::reader(workload& shared, mailbox& box, std::uint64_t seed, double per_second)
    : shared_(shared),
      box_(box),
      random_(seed),
      pace_(per_second),
      proxy_(static_cast<std::uint8_t>(seed % shared.where.proxies.size())),
      front_(shared.where.proxies[proxy_]),
      filling_(shared.where.redis),
      postgres_(shared.where.postgres) {
    box_.nothing_more();   // reads need no horizon
}

void reader::run() {
    while (shared_.reading) {
        std::vector<watched_key> keys(1 + random_() % 8);
        for (watched_key& key : keys) key = choose();
        pace_.wait(static_cast<double>(keys.size()));
        read_keys(keys);
    }
}

watched_key reader::choose() {
    const auto dice = random_() % 100;
    const auto any = static_cast<unsigned>(random_());
    const bool hot = random_() % 2 == 0;
    const unsigned item = hot ? shared_.focus(steady_clock::now()) + any % 4 : any % shared_.items.items();
    if (dice < 40) return {watched_key::kind::item, item};
    if (dice < 65) return {watched_key::kind::row, item};
    if (dice < 95) return {watched_key::kind::group, shared_.items.home_of(item)};
    return {watched_key::kind::everything, 0};
}

void reader::read_keys(const std::vector<watched_key>& keys) {
    std::string commands;
    for (const watched_key& key : keys) commands += resp_client::encode(command_for(shared_, key));
    read common;
    common.proxy = proxy_;
    common.start = steady_clock::now();
    std::vector<read> all;
    std::size_t next = 0;
    const bool whole = front_.exchange(commands, keys.size(), [&](std::string reply) {
        const watched_key& key = keys[next++];
        ++shared_.seen.replies;
        const bool filled = shared_.how.proxies || !is_nil(reply) || fill_by_hand(key, reply);
        common.end = steady_clock::now();
        if (reply.starts_with('-')) ++shared_.seen.error_replies;
        if (reply.starts_with('-') || !filled) return;
        const auto found = shared_.items.reads(key, reply, common);
        all.insert(all.end(), found.begin(), found.end());
    });
    shared_.seen.reply.note(steady_clock::now() - common.start);
    if (!whole) ++shared_.seen.broken_connections;
    box_.post(all);
}

bool reader::fill_by_hand(const watched_key& key, std::string& reply) {
    const auto rows = postgres_.run(query_of(key));
    if (!rows) return false;
    reply = rows->at(0).at(0);
    filling_.call({"SET", shared_.items.name_of(key), reply, "EX", "600"});
    return true;
}

std::vector<read> reader::read_once(workload& shared, resp_link& link, const watched_key& key, std::uint8_t proxy) {
    read common;
    common.proxy = proxy;
    common.start = steady_clock::now();
    const auto reply = link.call(command_for(shared, key));
    common.end = steady_clock::now();
    if (!reply || reply->starts_with('-') || (!shared.how.proxies && is_nil(*reply))) return {};
    return shared.items.reads(key, *reply, common);
}

}  // namespace respgres::tests::consistency
