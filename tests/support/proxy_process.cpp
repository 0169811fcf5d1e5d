#include "tests/support/proxy_process.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/socket_stream.hpp"

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace respgres::tests {

proxy_process::proxy_process(proxy_config config, until wait) : config_(std::move(config)) {
    directory_.write("respgres.toml", config_.text(port(), admin_port()));
    if (!config_.users.empty()) {
        using std::filesystem::perms;
        std::filesystem::permissions(directory_.write("users.toml", config_.users), perms::owner_read | perms::owner_write);
    }
    start(wait);
}

void proxy_process::start(until wait) {
    if (process_ && process_->running()) return;
    child_options options;
    options.command = {config_.program.empty() ? RESPGRES_BINARY : config_.program, "serve", "--config", config_file()};
    options.log_file = directory_.path() + "/respgres.log";
    options.stop_signal = SIGKILL;
    options.remove_directory = directory_.path();
    process_.emplace(options);
    try {
        eventually(wait == until::ready ? "/readyz answers 200" : "the proxy listens", [this, wait] {
            if (!process_->running()) throw std::runtime_error("the proxy ended");
            return is_up(wait);
        });
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(std::string(error.what()) + "\n" + log());
    }
}

bool proxy_process::is_up(until wait) const {
    try {
        if (wait == until::ready) return http_get(admin_port(), "/readyz").status == 200;
        const socket_stream front(port());
        const socket_stream admin(admin_port());
        return true;
    } catch (const std::runtime_error&) {
        return false;   // not listening yet
    }
}

std::string respgres_program() {
    return RESPGRES_BINARY;
}

program_result run_respgres(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{RESPGRES_BINARY};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
}

program_result run_respgres_with_input(const std::vector<std::string>& arguments, const std::string& input) {
    std::vector<std::string> command{"bash", "-c", "printf %s \"$0\" | \"$@\"", input, RESPGRES_BINARY};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command);
}

program_result run_program(const std::vector<std::string>& command) {
    const temporary_directory directory;
    child_options options;
    options.command = command;
    if (command.front().find('/') == std::string::npos) options.command.insert(options.command.begin(), {"/usr/bin/env", "--"});
    options.log_file = directory.path() + "/output";
    options.stop_signal = SIGKILL;
    child_process process(options);
    const auto code = process.wait(std::chrono::seconds(20));
    if (!code) throw std::runtime_error(command.front() + " did not end within 20 s: " + read_file(options.log_file));
    return {*code, read_file(options.log_file)};
}

}  // namespace respgres::tests
