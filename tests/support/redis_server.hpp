#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respgres::tests {

// A private redis-server on a free loopback port, without persistence, in a temporary directory.
//
// Stopped by the destructor; when the test process is killed, its janitor stops it. Throws std::runtime_error with the server's own
// words if it does not start within 10 s. Not thread-safe.
class redis_server {
public:
    // `arguments` go behind our own on the command line, for instance {"--maxmemory", "1mb"}.
    explicit redis_server(std::vector<std::string> arguments = {});

    std::uint16_t port() const { return port_.number(); }
    pid_t pid() const { return process_->pid(); }
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }
    std::string socket_path() const { return directory_.path() + "/redis.sock"; }

    // Starts it again on the same port; the data is gone. Returns when it answers PING.
    void start();
    // Sends SIGKILL and waits until it has ended; connections break as in a crash.
    void stop();
    // The process stands still: connections stay open, nothing is answered.
    void pause() { process_->signal(SIGSTOP); }
    void resume() { process_->signal(SIGCONT); }

private:
    bool answers_ping() const;

    std::vector<std::string> arguments_;
    temporary_directory directory_;
    reserved_port port_;
    std::optional<child_process> process_;
};

}  // namespace respgres::tests
