#pragma once

#include "protocol/http/http_request.hpp"
#include "protocol/http/http_response.hpp"
#include "proxy/admin/admin_server.hpp"

#include <functional>

namespace respgres::proxy {

// What the admin endpoint answers to a request that was read without an error. Pure but for reading the counters.
class admin_routes {
public:
    admin_routes(const stats_hub& hub, std::function<readiness_report()> readiness, std::string listen_host);

    protocol::http_response answer(const protocol::http_request& request) const;

private:
    protocol::http_response route(const protocol::http_request& request) const;
    bool is_own_host(const protocol::http_request& request) const;

    const stats_hub& hub_;
    std::function<readiness_report()> readiness_;
    std::string listen_host_;
};

}  // namespace respgres::proxy
