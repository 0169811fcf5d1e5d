#include "proxy/users/redis_identities.hpp"

#include "backends/redis/client.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr std::chrono::seconds linger{60};

conf::redis_settings with_credentials(conf::redis_settings settings, const std::string& name, const std::string& password) {
    settings.user = name;
    settings.password = password;
    return settings;
}

// Redis is there, but takes the password no more.
bool is_refused(const redis::link& home) {
    const backends::failure& why = home.last_failure();
    return !home.is_connected() && why.code == backends::errc::server_error && why.detail.starts_with("WRONGPASS");
}

// The identity lives until its connections are closed.
asio::awaitable<void> close(std::shared_ptr<redis_identity> gone) {
    co_await gone->links.stop();
}

}  // namespace

redis_identity::redis_identity(asio::any_io_executor executor, net::poller& poller, conf::redis_settings from, redis::link_stats& stats,
                               std::shared_ptr<const net::tls_context> tls)
    : settings(std::move(from)), links(executor, poller, settings, stats, [](bool, const std::string&) {}, std::move(tls)) {
    who.name = settings.user;
    who.by = user::checks::redis;
}

redis_identities::redis_identities(asio::any_io_executor executor, net::poller& poller, conf::redis_settings settings, std::size_t most,
                                   redis::link_stats& stats, std::shared_ptr<const net::tls_context> tls)
    : executor_(executor), poller_(poller), settings_(std::move(settings)), most_(most), stats_(stats), tls_(std::move(tls)) {}

redis_identities::~redis_identities() = default;

asio::awaitable<redis_identities::outcome> redis_identities::authenticate(std::string name, std::string password) {
    if (!asker_) {
        auto silent = [](bool, const std::string&) {};
        asker_ = std::make_unique<redis::link_set>(executor_, poller_, settings_, stats_, std::move(silent), tls_);
    }
    std::string command;
    protocol::append_command(command, {"AUTH", name, password});
    auto replies = co_await redis::exchange(asker_->home(), std::move(command), 1);
    outcome found;
    if (replies.has_error()) {
        found.error = "UNAVAILABLE Redis cannot be asked who you are, try again";
        co_return found;
    }
    const std::string& reply = replies.value().front();
    if (reply.starts_with('-')) {
        found.error = reply.substr(1, reply.find('\r') - 1);
        found.is_wrong = true;
        co_return found;
    }
    found.who = find_or_make(name, password);
    if (!found.who) found.error = "OVERLOADED more users at once than max_identities in [auth] allows, try again later";
    co_return found;
}

std::shared_ptr<redis_identity> redis_identities::find_or_make(const std::string& name, const std::string& password) {
    for (const auto& each : known_)
        if (!each->revoked && each->settings.user == name && each->settings.password == password) return each;
    if (known_.size() >= most_) forget_unused(steady_clock::now());
    if (known_.size() >= most_) return nullptr;
    known_.push_back(std::make_shared<redis_identity>(executor_, poller_, with_credentials(settings_, name, password), stats_, tls_));
    known_.back()->last_used = steady_clock::now();
    return known_.back();
}

// Those that no client has, and that are revoked or were used last before that time. An identity is never destroyed before its connections are closed.
void redis_identities::forget_unused(steady_clock::time_point before) {
    const auto is_used = [before](const auto& each) { return each.use_count() > 1 || (!each->revoked && each->last_used >= before); };
    const auto gone = std::partition(known_.begin(), known_.end(), is_used);
    for (auto each = gone; each != known_.end(); ++each) {
        auto ended = [](std::exception_ptr thrown) {
            if (thrown) std::rethrow_exception(thrown);
        };
        asio::co_spawn(executor_, close(std::move(*each)), std::move(ended));
    }
    known_.erase(gone, known_.end());
}

void redis_identities::tick(steady_clock::time_point now) {
    if (asker_) asker_->check_time_limits(now);
    for (const auto& each : known_) {
        each->links.check_time_limits(now);
        each->revoked = each->revoked || is_refused(each->links.home());
        if (each.use_count() > 1) each->last_used = now;
    }
    forget_unused(now - linger);
}

asio::awaitable<void> redis_identities::stop() {
    if (asker_) co_await asker_->stop();
    for (const auto& each : known_) co_await each->links.stop();
}

}  // namespace respgres::proxy
