#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace respgres::tests {
namespace {

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    return {ends[0], ends[1]};
}

std::vector<char*> arguments_of(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

// One int from the janitor; nothing on a time limit or when the janitor has gone.
std::optional<int> read_int(int fd, std::chrono::milliseconds limit) {
    pollfd waiting{fd, POLLIN, 0};
    int value = 0;
    if (::poll(&waiting, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
    if (::read(fd, &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
}

void signal_descendants(pid_t parent, int number) {
    std::error_code ignored;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task", ignored)) {
        std::ifstream children(thread.path() / "children");
        for (pid_t child = 0; children >> child;) {
            ::kill(child, number);
            signal_descendants(child, number);
        }
    }
}

}  // namespace

child_process::child_process(const child_options& options) {
    std::vector<std::string> words{RESPGRES_JANITOR, std::to_string(options.stop_signal), options.user, options.remove_directory,
                                   options.log_file};
    words.insert(words.end(), options.command.begin(), options.command.end());
    const auto arguments = arguments_of(words);
    const auto control = make_pipe();
    const auto status = make_pipe();

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, control.read, 0);
    // dup2 onto itself keeps close-on-exec, so the descriptor goes by a number that is surely another one.
    posix_spawn_file_actions_adddup2(&actions, status.write, 900);
    posix_spawn_file_actions_adddup2(&actions, 900, 3);
    posix_spawn_file_actions_addclose(&actions, 900);
    const int error = ::posix_spawn(&janitor_, RESPGRES_JANITOR, &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(control.read);
    ::close(status.write);
    control_ = control.write;
    status_ = status.read;
    const auto pid = error == 0 ? read_int(status_, std::chrono::seconds(10)) : std::nullopt;
    if (!pid) {
        ::close(control_);
        ::close(status_);
        throw std::system_error(error, std::generic_category(), "cannot start " + options.command.front());
    }
    pid_ = *pid;
}

child_process::~child_process() {
    if (running()) {
        ::kill(pid_, SIGKILL);
        wait(std::chrono::seconds(10));
    }
    const char released = 'r';   // not removed by the janitor: the test process lives
    [[maybe_unused]] const auto written = ::write(control_, &released, 1);
    ::close(control_);
    ::waitpid(janitor_, nullptr, 0);
    ::close(status_);
}

bool child_process::running() {
    return !wait(std::chrono::milliseconds(0));
}

void child_process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

void child_process::signal_tree(int number) {
    if (!running()) return;
    ::kill(pid_, number);
    signal_descendants(pid_, number);
}

std::optional<int> child_process::wait(std::chrono::milliseconds limit) {
    if (!exit_code_) exit_code_ = read_int(status_, limit);
    return exit_code_;
}

int child_process::stop(int number, std::chrono::milliseconds limit) {
    signal(number);
    const auto code = wait(limit);
    if (!code)
        throw std::runtime_error("process " + std::to_string(pid_) + " runs " + std::to_string(limit.count()) + " ms after signal " +
                                 std::to_string(number));
    return *code;
}

}  // namespace respgres::tests
