#pragma once

#include "protocol/http/http_request.hpp"
#include "protocol/http/http_response.hpp"
#include "proxy/admin/admin_server.hpp"
#include "proxy/admin/invalidate_page.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace respgres::proxy {

// What the admin endpoint answers to a request that was read without an error.
class admin_routes {
public:
    admin_routes(const stats_hub& hub, std::function<readiness_report()> readiness, std::string listen_host,
                 invalidate_function invalidate);

    // Any request. Cancelling it ends a wait for another thread. `request` must outlive it.
    boost::asio::awaitable<protocol::http_response> carry_out(const protocol::http_request& request) const;
    // A request that only reads: without I/O, but for the counters.
    protocol::http_response answer(const protocol::http_request& request) const;

private:
    protocol::http_response route(const protocol::http_request& request) const;
    bool is_own_host(const protocol::http_request& request) const;

    const stats_hub& hub_;
    std::function<readiness_report()> readiness_;
    std::string listen_host_;
    invalidate_function invalidate_;   // empty: not to be had
};

}  // namespace respgres::proxy
