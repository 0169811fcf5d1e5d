#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace respgres::tests {

// What child_process starts, and what becomes of it when the test ends or dies.
struct child_options {
    std::vector<std::string> command;    // program with path, arguments
    std::string log_file;                // its standard output and error are appended here
    std::string user;                    // run as this user if we are root; empty: as ourselves
    int stop_signal = SIGTERM;           // how the janitor ends it when the test process is gone
    std::string remove_directory;        // what the janitor removes then; empty: nothing
};

// A server process that cannot outlive the test process, however that ends.
//
// It is the child of a small janitor process (janitor.cpp) that waits for it: when our end of the janitor's pipe closes, be it by the
// destructor or because this process was killed, the janitor stops the server; when the janitor is killed, the kernel stops the
// server (PR_SET_PDEATHSIG). Throws std::runtime_error if it cannot be started. Not thread-safe.
class child_process {
public:
    explicit child_process(const child_options& options);
    // Stops it with SIGKILL if it still runs, and waits for its end.
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    pid_t pid() const { return pid_; }
    // False once it has ended.
    bool running();
    void signal(int number);
    // The process and all that descend from it.
    void signal_tree(int number);
    // Exit code, or 128 + signal; nothing if it still runs after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit);
    // Sends `number` and waits; after `limit`, throws. Returns the exit code as wait() does; at once if it has ended before.
    int stop(int number, std::chrono::milliseconds limit = std::chrono::seconds(10));

private:
    pid_t janitor_ = -1;
    pid_t pid_ = -1;
    int control_ = -1;   // the janitor reads an end of file when it closes
    int status_ = -1;    // the janitor writes the pid, later the exit code, as one int each
    std::optional<int> exit_code_;
};

}  // namespace respgres::tests
