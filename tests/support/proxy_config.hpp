#pragma once

#include <cstdint>
#include <string>

namespace respgres::tests {

// The parts of a configuration that tests vary; text(...) fills in the ports.
struct proxy_config {
    std::string redis_url;
    std::string postgres_url;
    std::string mappings;            // [mapping.*] tables
    std::string server_options;      // further lines of [server], for instance "max_clients = 3"
    std::string more_listen;         // further addresses to listen on, for instance "\"tls:127.0.0.1:0\""
    std::string admin_options;
    std::string redis_options;
    std::string postgres_options;
    std::string sections;            // whole further sections
    std::string program;             // instead of the built respgres
    std::string users;               // the users file: "users.toml" beside the configuration

    std::string text(std::uint16_t port, std::uint16_t admin_port) const {
        const auto address = [](std::uint16_t number) { return "\"127.0.0.1:" + std::to_string(number) + "\""; };
        return "[server]\nlisten = [" + address(port) + (more_listen.empty() ? "" : ", ") + more_listen + "]\n" + server_options +
               "\n[admin]\nlisten = " + address(admin_port) + "\n" + admin_options + "\n[redis]\nurl = \"" + redis_url + "\"\n" +
               redis_options + "\n[postgres]\nurl = \"" + postgres_url + "\"\n" + postgres_options + "\n" + sections + "\n" + mappings +
               "\n";
    }
};

}  // namespace respgres::tests
