#include "tests/consistency/platform.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/resp_client.hpp"

#include <stdexcept>

namespace respgres::tests::consistency {

namespace {

std::unique_ptr<redis_server> new_redis() {
    return std::make_unique<redis_server>(std::vector<std::string>{"--repl-diskless-sync-delay", "0", "--repl-diskless-load", "on-empty-db",
                                                                   "--enable-debug-command", "local"});
}

// Unless a run is told otherwise, a crash of the server process must lose nothing that was acknowledged.
std::vector<std::string> settings_of(const options& chosen) {
    std::vector<std::string> lines{"synchronous_commit = on", "max_connections = 60"};
    lines.insert(lines.end(), chosen.postgres_settings.begin(), chosen.postgres_settings.end());
    return lines;
}

}  // namespace

platform::platform(const options& chosen, const mode& how, bool with_relay) : postgres(settings_of(chosen)), master(new_redis()) {
    make_old();
    postgres.execute(item_set(chosen.items).schema());
    if (with_relay) {
        replica = new_redis();
        relay_.emplace(master->port());
        make_replica_master();   // whichever is first: one is now the other's replica
    }
    if (how.after) postgres.execute("SELECT pg_create_logical_replication_slot('respgres', 'pgoutput')");
    if (chosen.sync_standby) standby_.emplace(postgres, chosen.seed);
    for (std::size_t i = 0; how.proxies && i < proxy_count; ++i) proxies.push_back(std::make_unique<proxy_process>(config(chosen, how)));
}

// As a server that has seen four thousand million transactions: ids of 32 bits and of 64 are not the same there.
void platform::make_old() {
    postgres.stop();
    child_options how;
    how.command = {RESPGRES_PG_RESETWAL, "-e", "1", "-D", postgres.socket_directory() + "/data"};
    how.log_file = postgres.socket_directory() + "/pg_resetwal.log";
    how.user = "postgres";
    if (child_process(how).wait(std::chrono::seconds(30)) != 0) throw std::runtime_error("pg_resetwal failed: " + read_file(how.log_file));
    postgres.start();
}

proxy_config platform::config(const options& chosen, const mode& how) const {
    proxy_config made;
    made.redis_url = "redis://127.0.0.1:" + std::to_string(redis_port());
    made.postgres_url = postgres.url();
    made.program = chosen.program;
    made.server_options = "workers = " + std::to_string(chosen.workers) + "\n";
    made.sections = std::string(how.sections);
    if (how.after) made.sections += "bound = \"" + std::to_string(chosen.bound_ms) + "ms\"\n";
    const std::chrono::milliseconds slowness(chosen.slowness_ms.value_or(how.after ? 0 : 2));
    made.mappings = mapping_tables(slowness, !how.after, how.after ? chosen.coalesce_ms : 0, chosen.near);
    return made;
}

addresses platform::where() const {
    addresses all{postgres.url(), redis_port(), {}};
    for (const auto& each : proxies) all.proxies.push_back(each->port());
    if (all.proxies.empty()) all.proxies.push_back(redis_port());
    return all;
}

void platform::make_replica_master() {
    std::swap(master, replica);
    resp_client(master->port()).call({"REPLICAOF", "NO", "ONE"});
    relay_->switch_to(master->port());
    resp_client old(replica->port());
    old.call({"MULTI"});
    old.call({"REPLICAOF", "127.0.0.1", std::to_string(master->port())});
    old.call({"CLIENT", "KILL", "TYPE", "normal"});
    if (const auto done = old.call({"EXEC"}); !done.starts_with("*2\r\n+OK")) throw std::runtime_error("the old master: " + done);
}

void platform::wait_for_replica() {
    eventually("the replica follows", [this] {
        return resp_client(replica->port()).call({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    });
}

}  // namespace respgres::tests::consistency
