#pragma once

#include "conf/settings.hpp"
#include "proxy/admin/invalidate_page.hpp"
#include "proxy/metrics/stats_hub.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace respgres::proxy {

// Whether the proxy can do its work, for /readyz: asked on the admin thread, so it reads atomics only.
struct readiness_report {
    bool ready = false;          // accepts clients and can answer mapped reads (PostgreSQL or Redis is there)
    bool redis = false;
    bool postgres = false;
    bool draining = false;       // SIGTERM came
};

// The admin endpoint: HTTP on a thread of its own, so that it never delays data.
//
//   GET /healthz   200 "ok" while the process lives
//   GET /readyz    200 or 503, JSON {"ready":..., "redis":..., "postgres":..., "draining":...}
//   GET /stats     JSON, see stats_json
//   GET /metrics   Prometheus text
//   GET /mappings  JSON: name, key, shape, ttl_ms, primary, ... of each mapping
//   GET /explain?key=KEY   JSON: what PROXY EXPLAIN tells of a key
//   POST /invalidate?pattern=GLOB   JSON {"dropped": n}, as PROXY INVALIDATE
// Everything else 404 / 405; bad requests as protocol/http words them, then the connection closes. At most max_connections; headers and bodies must
// arrive within 5 s (408). Host must be an IP address, localhost or the listen host (DNS rebinding): 421 otherwise.
class admin_server {
public:
    // Binds at once: throws std::system_error with the address in its text when it cannot. `hub` must outlive the server.
    admin_server(const conf::admin_settings& settings, const stats_hub& hub, std::function<readiness_report()> readiness,
                 invalidate_function invalidate = {});
    ~admin_server();  // stops and joins
    admin_server(const admin_server&) = delete;
    admin_server& operator=(const admin_server&) = delete;

    void start();
    void stop();  // open connections are closed; returns when the thread has ended
    std::uint16_t port() const;  // the bound port (settings may say 0); 0 for a Unix socket

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace respgres::proxy
