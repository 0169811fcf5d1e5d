#include "tests/support/redis_server.hpp"

#include "tests/support/eventually.hpp"
#include "tests/support/socket_stream.hpp"

#include <stdexcept>
#include <utility>

namespace respgres::tests {

redis_server::redis_server(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    start();
}

void redis_server::start() {
    if (process_ && process_->running()) return;
    child_options options;
    options.command = {RESPGRES_REDIS_SERVER,
                       "--port",
                       std::to_string(port()),
                       "--bind",
                       "127.0.0.1",
                       "--unixsocket",
                       socket_path(),
                       "--dir",
                       directory_.path(),
                       "--save",
                       "",
                       "--appendonly",
                       "no",
                       "--daemonize",
                       "no"};
    options.command.insert(options.command.end(), arguments_.begin(), arguments_.end());
    options.log_file = directory_.path() + "/redis.log";
    options.stop_signal = SIGKILL;
    options.remove_directory = directory_.path();
    process_.emplace(options);
    eventually("redis-server answers PING", [this] {
        if (!process_->running()) throw std::runtime_error("redis-server ended: " + read_file(directory_.path() + "/redis.log"));
        return answers_ping();
    });
}

void redis_server::stop() {
    process_->stop(SIGKILL);
}

bool redis_server::answers_ping() const {
    try {
        socket_stream stream(port());
        stream.write("PING\r\n");
        std::string reply;
        while (reply.size() < 5 && stream.read_some(reply)) {
        }
        // With a password set, the error says that it is up just as well.
        return reply == "+PONG\r\n" || reply.starts_with("-NOAUTH");
    } catch (const std::runtime_error&) {
        return false;   // not listening yet
    }
}

}  // namespace respgres::tests
