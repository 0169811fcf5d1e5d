// Runs one server on behalf of a test process, and stops it when that process is gone.
//
//   respgres_janitor STOP_SIGNAL USER REMOVE_DIRECTORY LOG_FILE COMMAND [ARGUMENT...]      ("" for none)
//
// Standard input: closed by the test process, or by the kernel when that dies; a byte before it says that the test process removes
// the directory itself. Descriptor 3: takes the server's pid, then its exit
// code (128 + signal when killed), as one int each. No process but its own child is ever signalled.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

constexpr int status_fd = 3;
constexpr int patience_ms = 5000;   // between the stop signal and SIGKILL

void drop_privileges(const char* user) {
    const passwd* entry = getpwnam(user);
    if (entry == nullptr || initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 || setuid(entry->pw_uid) != 0) {
        std::fprintf(stderr, "cannot run as user '%s'\n", user);
        _exit(126);
    }
    if (chdir("/") != 0) _exit(126);   // our own directory may be closed to it
}

[[noreturn]] void become_server(int stop_signal, const std::string& user, const char* log_file, char** command) {
    const int log = open(log_file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    if (log >= 0) {
        dup2(log, 1);
        dup2(log, 2);
    }
    close_range(status_fd, ~0U, 0);
    setpgid(0, 0);   // a Ctrl-C at the terminal is the test's to handle
    if (!user.empty() && geteuid() == 0) drop_privileges(user.c_str());
    prctl(PR_SET_PDEATHSIG, stop_signal);   // after the change of user, which clears it
    if (getppid() == 1) _exit(127);
    execv(command[0], command);
    std::perror(command[0]);
    _exit(127);
}

void report(int value) {
    // The test process may be gone; there is nobody else to tell.
    [[maybe_unused]] const auto written = write(status_fd, &value, sizeof value);
}

// True when the child ended within the limit (-1: none) or, if `watch_control`, when standard input closed.
bool wait_for(int child_fd, bool watch_control, int limit_ms) {
    pollfd fds[2] = {{child_fd, POLLIN, 0}, {watch_control ? 0 : -1, POLLIN, 0}};
    int ready = 0;
    do ready = poll(fds, 2, limit_ms);
    while (ready < 0);   // EINTR
    return ready > 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) return 2;
    const int stop_signal = std::atoi(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    setpgid(0, 0);
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) become_server(stop_signal, argv[2], argv[4], argv + 5);
    report(child);

    const auto child_fd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    wait_for(child_fd, true, -1);
    int state = 0;
    if (waitpid(child, &state, WNOHANG) == 0) {
        kill(child, stop_signal);
        kill(child, SIGCONT);
        if (!wait_for(child_fd, false, patience_ms)) kill(child, SIGKILL);
        waitpid(child, &state, 0);
    }
    report(WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state));

    char released = 0;
    if (read(0, &released, 1) == 1) return 0;
    std::error_code ignored;
    if (argv[3][0] != '\0') std::filesystem::remove_all(argv[3], ignored);
    return 0;
}
