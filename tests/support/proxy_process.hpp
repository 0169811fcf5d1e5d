#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/proxy_config.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respgres::tests {

// The built `respgres serve` on free loopback ports. Stopped by the destructor, or by its janitor when the test process is killed.
// Throws std::runtime_error with the proxy's log when it does not come up within 10 s. Not thread-safe.
class proxy_process {
public:
    // What start waits for: `ready`: /readyz answers 200. `listening`: both ports accept connections, for tests in which a backend is
    // away from the start.
    enum class until : std::uint8_t { ready, listening };

    explicit proxy_process(proxy_config config, until wait = until::ready);

    std::uint16_t port() const { return port_.number(); }
    std::uint16_t admin_port() const { return admin_port_.number(); }
    pid_t pid() const { return process_->pid(); }
    std::string config_file() const { return directory_.path() + "/respgres.toml"; }

    // Starts it again on the same ports, with the same configuration.
    void start(until wait = until::ready);
    // SIGTERM; returns its exit code, 128 + signal when killed. Throws if it runs 10 s later.
    int stop() { return process_->stop(SIGTERM); }
    // SIGKILL, as in a crash.
    void kill() { process_->stop(SIGKILL); }
    void pause() { process_->signal(SIGSTOP); }
    void resume() { process_->signal(SIGCONT); }
    bool running() { return process_->running(); }
    // What it has written so far, standard output and error.
    std::string log() const { return read_file(directory_.path() + "/respgres.log"); }

private:
    bool is_up(until wait) const;

    proxy_config config_;
    temporary_directory directory_;
    reserved_port port_;
    reserved_port admin_port_;
    std::optional<child_process> process_;
};

struct program_result {
    int exit_code = 0;   // 128 + signal when killed
    std::string output;  // standard output and error in the order of writing
};

// The built binary's path, for tests that start it in a way of their own.
std::string respgres_program();
// Runs the built binary with `arguments` to its end (at most 20 s, else std::runtime_error).
program_result run_respgres(const std::vector<std::string>& arguments);
// The same with `input` on its standard input, a pipe.
program_result run_respgres_with_input(const std::vector<std::string>& arguments, const std::string& input);
// The same for any program, found by PATH when its name has no '/'.
program_result run_program(const std::vector<std::string>& command);

}  // namespace respgres::tests
