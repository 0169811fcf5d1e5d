#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// A private PostgreSQL on a free loopback port and a Unix socket: trust authentication, wal_level=logical, fsync off,
// pg_stat_statements loaded (`CREATE EXTENSION` is done in database "postgres"), superuser "postgres".
//
// initdb runs once per build directory; each server is a copy of its result. As root, it runs as the user "postgres". Stopped and
// removed by the destructor, or by its janitor when the test process is killed. Not thread-safe.
class postgres_server {
public:
    using row = std::vector<std::string>;

    enum class mode : std::uint8_t { fast, immediate };   // fast: clients are told; immediate: as in a crash

    // `settings` are lines of postgresql.conf that come last, for instance {"max_connections = 5"}.
    explicit postgres_server(const std::vector<std::string>& settings = {});

    // One per test process, started by the first call. Must be left running, and empty enough for the next section.
    static postgres_server& shared();

    ~postgres_server();

    std::uint16_t port() const { return port_.number(); }
    pid_t pid() const { return process_->pid(); }
    std::string url() const;           // postgresql://postgres@127.0.0.1:PORT/postgres
    std::string socket_url() const;    // the same over the Unix socket
    const std::string& socket_directory() const { return directory_.path(); }

    // Runs the statements of `sql` on a connection of its own; rows of the last result, NULL as "<NULL>".
    // Throws std::runtime_error with the server's message.
    std::vector<row> execute(std::string_view sql);

    // Returns when connections are accepted.
    void start();
    void stop(mode how = mode::fast);
    void restart(mode how = mode::fast);
    // The postmaster and all its processes stand still: connections stay open, new ones are taken by the kernel only.
    void pause() { process_->signal_tree(SIGSTOP); }
    void resume() { process_->signal_tree(SIGCONT); }

    // The server's log so far, for messages of failed tests.
    std::string log() const;

private:
    bool accepts_connections() const;

    temporary_directory directory_;
    reserved_port port_;
    std::optional<child_process> process_;
};

}  // namespace respgres::tests
