#include "proxy/admin/invalidate_page.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::outcome;
using protocol::http_request;
using protocol::http_response;
using protocol::json_error;

constexpr std::chrono::minutes time_limit{1};
constexpr std::size_t longest_pattern = 64 * 1024;

// What the asking thread waits with. It lives as long as the request, so an answer that comes later finds it gone.
struct waiting {
    explicit waiting(asio::any_io_executor executor) : timer(std::move(executor)) {}

    asio::steady_timer timer;
    std::optional<outcome<std::size_t>> dropped;
};

// A page of another site may send a form here: its browser then names that site.
bool is_of_another_site(const http_request& request) {
    const std::string* const origin = request.header("origin");
    if (origin == nullptr) return false;
    const std::string* const host = request.header("host");
    const std::size_t scheme = origin->find("://");
    return host == nullptr || scheme == std::string::npos || std::string_view(*origin).substr(scheme + 3) != *host;
}

std::optional<http_response> refusal(const http_request& request) {
    if (request.method != "POST") {
        http_response refused = json_error(405, "use POST");
        refused.headers.emplace_back("Allow", "POST");
        return refused;
    }
    if (is_of_another_site(request)) return json_error(403, "a page of another site must not drop keys");
    const auto is_pattern = [](const auto& each) { return each.first == "pattern"; };
    if (request.parameters.size() != 1 || !is_pattern(request.parameters.front()))
        return json_error(400, "write the keys to drop as one parameter: POST /invalidate?pattern=bets:*");
    const std::string& pattern = request.parameters.front().second;
    if (pattern.empty()) return json_error(400, "the pattern is empty; * means all mapped keys");
    if (pattern.size() > longest_pattern) return json_error(400, "the pattern is longer than 64 KiB");
    if (pattern.find('\0') != std::string::npos) return json_error(400, "the pattern holds a NUL byte");
    if (!request.body.empty()) return json_error(400, "a body is not looked at; write ?pattern=");
    return std::nullopt;
}

http_response told(const std::optional<outcome<std::size_t>>& dropped) {
    if (!dropped) return json_error(504, "dropping takes longer than a minute; it goes on");
    if (dropped->has_error()) {
        const auto& why = dropped->error();
        return json_error(502, "Redis: " + (why.detail.empty() ? why.code.message() : why.detail));
    }
    http_response response;
    response.body = "{\"dropped\":" + std::to_string(dropped->value()) + "}\n";
    return response;
}

}  // namespace

asio::awaitable<http_response> answer_invalidation(const http_request& request, const invalidate_function& invalidate) {
    auto refused = refusal(request);
    if (refused) co_return std::move(*refused);
    asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto state = std::make_shared<waiting>(executor);
    invalidation_done done = [executor, kept = std::weak_ptr<waiting>(state)](outcome<std::size_t> dropped) {
        asio::post(executor, [kept, dropped = std::move(dropped)] {
            const auto found = kept.lock();
            if (!found) return;
            found->dropped.emplace(dropped);
            found->timer.cancel();
        });
    };
    state->timer.expires_after(time_limit);
    invalidate(request.parameters.front().second, std::move(done));
    co_await state->timer.async_wait(net::as_values);
    co_return told(state->dropped);
}

}  // namespace respgres::proxy
