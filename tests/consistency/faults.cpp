#include "tests/consistency/faults.hpp"

#include "tests/consistency/socket_owner.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/resp_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace respgres::tests::consistency {

namespace {

using std::chrono::milliseconds;
using random = std::mt19937_64;

void pause(random& dice, int least, int most) {
    std::this_thread::sleep_for(milliseconds(least + static_cast<int>(dice() % static_cast<unsigned>(most - least))));
}

proxy_process* any_proxy(platform& servers, random& dice) {
    return servers.proxies.empty() ? nullptr : servers.proxies[dice() % servers.proxies.size()].get();
}

void crash(proxy_process& proxy, random& dice) {
    proxy.kill();
    pause(dice, 0, 500);
    proxy.start();
}

void kill_proxy(platform& servers, random& dice) {
    if (proxy_process* const proxy = any_proxy(servers, dice)) crash(*proxy, dice);
}

void stop_proxy(platform& servers, random& dice) {
    proxy_process* const proxy = any_proxy(servers, dice);
    if (proxy == nullptr) return;
    proxy->pause();
    pause(dice, 300, 2'000);
    proxy->resume();
}

// The proxy whose connection reads the slot.
proxy_process* leader(platform& servers) {
    const auto rows = servers.postgres.execute(
        "SELECT client_port FROM pg_stat_replication JOIN pg_replication_slots ON pid = active_pid WHERE slot_name = 'respgres'");
    for (const auto& proxy : servers.proxies)
        if (!rows.empty() && owns_local_port(proxy->pid(), static_cast<std::uint16_t>(std::stoi(rows[0][0])))) return proxy.get();
    return nullptr;
}

void kill_leader(platform& servers, random& dice) {
    if (proxy_process* const proxy = leader(servers)) crash(*proxy, dice);
}

// As when it was lost: the proxies make another.
void drop_slot(platform& servers, random&) {
    eventually("the slot is dropped", [&servers] {
        try {
            servers.postgres.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'respgres'");
            servers.postgres.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'respgres' AND NOT active");
            return servers.postgres.execute("SELECT 1 FROM pg_replication_slots WHERE slot_name = 'respgres' AND active").empty();
        } catch (const std::runtime_error&) {
            return false;   // taken again in between
        }
    });
}

void restart_postgres(platform& servers, random& dice) {
    servers.postgres.restart(dice() % 2 == 0 ? postgres_server::mode::fast : postgres_server::mode::immediate);
}

// The replica is cut off before its master is given up: what the master acknowledges in between is lost.
void lossy_failover(platform& servers, random& dice) {
    servers.wait_for_replica();
    resp_client(servers.replica->port()).call({"REPLICAOF", "NO", "ONE"});
    pause(dice, 200, 800);
    servers.make_replica_master();
    servers.before_redis().cut();
}

// Half of the connections stay with a master that is none any more, and which goes on acknowledging.
void zombie_master(platform& servers, random& dice) {
    servers.wait_for_replica();
    resp_client(servers.replica->port()).call({"REPLICAOF", "NO", "ONE"});
    servers.before_redis().switch_to(servers.replica->port());
    servers.before_redis().cut(2);
    pause(dice, 300, 1'500);
    servers.make_replica_master();
    servers.before_redis().cut();
}

void empty_redis(platform& servers, random& dice) {
    servers.master->stop();
    pause(dice, 0, 300);
    servers.master->start();
}

// What a proxy that stands still had begun to store it stores when all keys were dropped.
void drop_slot_in_pause(platform& servers, random& dice) {
    proxy_process* const leads = leader(servers);
    for (const auto& proxy : servers.proxies)
        if (leads != nullptr && proxy.get() != leads) {
            proxy->pause();
            drop_slot(servers, dice);
            pause(dice, 600, 900);
            proxy->resume();
            return;
        }
}

// What Redis was a moment ago, without a connection that breaks.
void roll_back_redis(platform& servers, random& dice) {
    constexpr std::chrono::seconds longest_bound{1};
    const auto state_of = std::chrono::steady_clock::now();
    resp_client(servers.master->port()).call({"SAVE"});
    pause(dice, 100, 200);
    servers.gone_back.begin();
    resp_client(servers.master->port()).call({"DEBUG", "RELOAD", "NOSAVE"});
    servers.gone_back.end(state_of, longest_bound);
    if (!servers.replica) return;
    // It has another history now: it begins anew.
    resp_client(servers.master->port()).call({"DEBUG", "CHANGE-REPL-ID"});
    resp_client(servers.replica->port()).call({"REPLICAOF", "NO", "ONE"});
    resp_client(servers.replica->port()).call({"REPLICAOF", "127.0.0.1", std::to_string(servers.master->port())});
}

void reset_connections(platform& servers, random&) {
    servers.before_redis().cut();
}

}  // namespace

const std::vector<fault>& faults() {
    static const std::vector<fault> all{
        {"proxy_kill", "kill -9 of a proxy, and its start", false, false, false, kill_proxy},
        {"proxy_stop", "SIGSTOP of a proxy for 0.3-2 s", false, false, false, stop_proxy},
        {"leader_kill", "kill -9 of the proxy that reads the change stream", false, false, true, kill_leader},
        {"slot_drop", "the slot is dropped under its reader", false, false, true, drop_slot},
        {"slot_drop_in_pause", "the same, while the other proxy stands still", false, false, true, drop_slot_in_pause},
        {"redis_rollback", "Redis becomes what it was 0.1-0.2 s ago", false, true, true, roll_back_redis},
        {"postgres_restart", "PostgreSQL is restarted, or crashes", false, false, false, restart_postgres},
        {"lossy_failover", "a replica that is 0.2-0.8 s behind becomes master", true, true, false, lossy_failover},
        {"zombie_master", "for 0.3-1.5 s there are two masters", true, true, false, zombie_master},
        {"redis_restart", "Redis restarts empty", false, false, false, empty_redis},
        {"resets", "all connections to Redis are closed", true, false, false, reset_connections},
    };
    return all;
}

std::vector<const fault*> faults_named(std::string_view list, const mode& how) {
    std::vector<const fault*> chosen;
    if (list == "none") return chosen;
    for (std::size_t from = 0; from <= list.size();) {
        const auto end = std::min(list.find(',', from), list.size());
        const auto name = list.substr(from, end - from);
        from = end + 1;
        const auto before = chosen.size();
        for (const fault& each : faults())
            if (each.name == name || (name == "all" && (how.after || !each.needs_slot))) chosen.push_back(&each);
        if (chosen.size() == before) throw std::runtime_error("no fault '" + std::string(name) + "'");
    }
    return chosen;
}

void inject_faults(platform& servers, const std::vector<const fault*>& chosen, std::uint64_t seed, const std::atomic<bool>& ends,
                   const std::function<void(const std::string&)>& tell) {
    random dice(seed);
    while (!chosen.empty()) {
        for (auto left = 2'000 + dice() % 3'000; left > 0 && !ends; left -= std::min<std::uint64_t>(left, 50))
            std::this_thread::sleep_for(milliseconds(50));
        if (ends) return;
        const fault& next = *chosen[dice() % chosen.size()];
        tell(std::string(next.name));
        next.inject(servers, dice);
    }
}

}  // namespace respgres::tests::consistency
