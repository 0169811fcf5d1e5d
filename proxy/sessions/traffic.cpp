#include "proxy/sessions/traffic.hpp"

namespace respgres::proxy {

protocol::request_limits limits_of(const conf::server_settings& settings) {
    protocol::request_limits limits;
    limits.max_arguments = settings.max_arguments;
    limits.max_bulk = settings.max_bulk;
    limits.max_command = settings.max_command;
    return limits;
}

traffic_pool::traffic_pool(const protocol::request_limits& limits) : limits_(limits) {
    free_.reserve(most);
}

std::unique_ptr<traffic> traffic_pool::make() const {
    auto made = std::make_unique<traffic>();
    made->parser.set_limits(limits_);
    return made;
}

}  // namespace respgres::proxy
