#include "proxy/admin/admin_routes.hpp"

#include "protocol/http/json_text.hpp"
#include "proxy/admin/explain_page.hpp"
#include "proxy/metrics/stats_report.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>

namespace respgres::proxy {

namespace {

using protocol::http_request;
using protocol::http_response;
using readiness_function = std::function<readiness_report()>;

http_response text_response(std::string body, std::string type) {
    http_response response;
    response.content_type = std::move(type);
    response.body = std::move(body);
    return response;
}

http_response json_response(std::string body) {
    return text_response(std::move(body), "application/json");
}

http_response healthz(const http_request&, const stats_hub&, const readiness_function&) {
    return text_response("ok\n", "text/plain; charset=utf-8");
}

http_response readyz(const http_request&, const stats_hub&, const readiness_function& readiness) {
    const readiness_report report = readiness();
    const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
    http_response response = json_response("{\"ready\":" + word(report.ready) + ",\"redis\":" + word(report.redis) +
                                           ",\"postgres\":" + word(report.postgres) + ",\"draining\":" + word(report.draining) + "}\n");
    response.status = report.ready ? 200 : 503;
    return response;
}

http_response stats(const http_request&, const stats_hub& hub, const readiness_function&) {
    return json_response(stats_json(hub));
}

http_response metrics(const http_request&, const stats_hub& hub, const readiness_function&) {
    return text_response(stats_prometheus(hub), "text/plain; version=0.0.4; charset=utf-8");
}

http_response mappings(const http_request&, const stats_hub& hub, const readiness_function&) {
    std::string out = "[";
    for (const auto& m : hub.mappings->all()) {
        const auto& settings = m->settings;
        if (out.size() > 1) out += ',';
        const auto text = [&out](std::string_view name, std::string_view value) {
            protocol::append_json_string(out, name);
            out += ':';
            protocol::append_json_string(out, value);
            out += ',';
        };
        out += '{';
        text("name", settings.name);
        text("key", settings.key.value);
        text("shape", conf::to_string(settings.shape.value));
        text("primary", conf::to_string(settings.primary.value));
        out += "\"ttl_ms\":" + std::to_string(settings.ttl.value.count()) +
               ",\"negative_ttl_ms\":" + std::to_string(settings.negative_ttl.count()) + "}";
    }
    return json_response(out + "]\n");
}

http_response explain(const http_request& request, const stats_hub& hub, const readiness_function&) {
    return answer_explain(request, hub);
}

struct page {
    std::string_view path;
    http_response (*answer)(const http_request&, const stats_hub&, const readiness_function&);
};

// All are read-only: GET and HEAD.
constexpr std::array pages{
    page{"/healthz", healthz}, page{"/readyz", readyz},     page{"/stats", stats},
    page{"/metrics", metrics}, page{"/mappings", mappings}, page{"/explain", explain},
};

// The host without its port: "localhost", "127.0.0.1", "::1".
std::string_view host_of(std::string_view header) {
    if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
    return header.substr(0, header.find(':'));
}

}  // namespace

admin_routes::admin_routes(const stats_hub& hub, readiness_function readiness, std::string listen_host, invalidate_function invalidate)
    : hub_(hub), readiness_(std::move(readiness)), listen_host_(std::move(listen_host)), invalidate_(std::move(invalidate)) {}

// A page of another site whose name was made to point here must not be able to read the answer (DNS rebinding): its browser sends that name.
bool admin_routes::is_own_host(const http_request& request) const {
    const std::string* const header = request.header("host");
    if (header == nullptr) return true;  // HTTP/1.0
    const std::string host(host_of(*header));
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    return !no_address || host == "localhost" || host == listen_host_;
}

boost::asio::awaitable<http_response> admin_routes::carry_out(const http_request& request) const {
    if (request.path != "/invalidate" || !invalidate_ || !is_own_host(request)) co_return answer(request);
    http_response response = co_await answer_invalidation(request, invalidate_);
    response.head_only = request.method == "HEAD";
    response.keep_alive = request.keep_alive;
    co_return response;
}

http_response admin_routes::answer(const http_request& request) const {
    http_response response = route(request);
    response.head_only = request.method == "HEAD";  // errors too: a body would be read as the next answer
    return response;
}

http_response admin_routes::route(const http_request& request) const {
    if (!is_own_host(request)) return protocol::json_error(421, "this Host is not served here; use the address that admin.listen names");
    for (const page& known : pages) {
        if (known.path != request.path) continue;
        if (request.method != "HEAD" && request.method != "GET") {
            http_response refused = protocol::json_error(405, "use GET");
            refused.headers.emplace_back("Allow", "GET, HEAD");
            return refused;
        }
        http_response response = known.answer(request, hub_, readiness_);
        response.keep_alive = request.keep_alive;
        return response;
    }
    http_response unknown =
        protocol::json_error(404, "no such page; there are /healthz /readyz /stats /metrics /mappings /explain /invalidate");
    unknown.keep_alive = request.keep_alive;
    return unknown;
}

}  // namespace respgres::proxy
