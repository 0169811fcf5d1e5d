#include "tests/consistency/standby.hpp"

#include "tests/support/eventually.hpp"

#include <random>

namespace respgres::tests::consistency {

namespace {

constexpr const char* slot = "standby";   // so that no WAL is removed which it does not have yet

}  // namespace

standby::standby(postgres_server& server, std::uint64_t seed) : server_(server) {
    server_.execute(std::string("SELECT pg_create_physical_replication_slot('") + slot + "', true)");
    child_options how;
    how.command = {RESPGRES_PG_RECEIVEWAL, "--synchronous", "--no-password", "-D", directory_.path(), "-d", server_.url(), "-S", slot};
    how.log_file = directory_.path() + "/pg_receivewal.log";
    how.stop_signal = SIGKILL;
    how.remove_directory = directory_.path();
    process_.emplace(how);
    server_.execute("ALTER SYSTEM SET synchronous_standby_names = 'pg_receivewal'");
    server_.execute("SELECT pg_reload_conf()");
    eventually("pg_receivewal is the synchronous standby",
               [this] { return !server_.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").empty(); });
    thread_ = std::thread([this, seed] { stutter(seed); });
}

// Nobody shall wait for it any more when it is gone.
standby::~standby() {
    ends_ = true;
    thread_.join();
    try {
        server_.execute("ALTER SYSTEM SET synchronous_standby_names = ''");
        server_.execute("SELECT pg_reload_conf()");
    } catch (const std::runtime_error&) {
        // The server is gone as well.
    }
}

void standby::stutter(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto some = [&random](int least, int most) {
        return std::chrono::milliseconds(least + static_cast<int>(random() % static_cast<unsigned>(most - least)));
    };
    while (!ends_) {
        std::this_thread::sleep_for(some(50, 300));
        process_->signal(SIGSTOP);
        std::this_thread::sleep_for(some(5, 60));
        process_->signal(SIGCONT);
    }
}

}  // namespace respgres::tests::consistency
