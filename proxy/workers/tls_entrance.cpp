#include "proxy/workers/tls_entrance.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

using std::chrono::steady_clock;
using status = net::transfer::status;

constexpr char handshake_record = 22;   // how TLS begins; no command of Redis does

constexpr std::string_view words_for_plain_clients = "-ERR this port speaks TLS only; connect with TLS (redis-cli --tls, rediss://)\r\n";

}  // namespace

class tls_entrance::arrival final : public net::poller::handler {
public:
    arrival(tls_entrance& entrance, net::channel client, client_record_ptr who)
        : record(std::move(who)), entrance_(entrance), channel_(std::move(client)) {
        entrance_.poller_.add(channel_.fd(), *this, watched_.read, watched_.write);
    }
    ~arrival() {
        if (channel_.is_open()) entrance_.poller_.remove(channel_.fd(), *this);
    }

    // The last thing that it does may be to be destroyed.
    void on_ready(net::readiness) override {
        if (is_refused_) return read_off();
        if (!has_begun_ && !begins()) return;
        const net::transfer done = channel_.shake_hands();
        if (done.state == status::done) return entrance_.let_in(*this);
        if (done.state == status::ended) return refuse("the client closed the connection within the handshake");
        if (done.state == status::failed) return refuse(channel_.why());
        watch(channel_.watch_for(true, false));
    }

    net::channel release() {
        entrance_.poller_.remove(channel_.fd(), *this);
        return std::move(channel_);
    }

    bool is_late(steady_clock::time_point now) const { return now - since_ > entrance_.limit_; }
    bool is_refused() const { return is_refused_; }

    const client_record_ptr record;

private:
    // Whether the first byte is one of TLS: OpenSSL's own words to a plain client would be an alert that no person can read.
    bool begins() {
        char first = 0;
        const auto got = ::recv(channel_.fd(), &first, 1, MSG_PEEK);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
        if (got <= 0) {   // a port scan, or a load balancer that looks whether we are there
            entrance_.turn_away(*this);
            return false;
        }
        has_begun_ = true;
        if (first == handshake_record) return true;
        [[maybe_unused]] const auto sent =
            ::send(channel_.fd(), words_for_plain_clients.data(), words_for_plain_clients.size(), MSG_NOSIGNAL);
        refuse("a plain-text client on a TLS port");
        return false;
    }

    // OpenSSL has sent its alert. Closing at once, with bytes of the client's unread or under way, would send a reset, which overtakes the reason.
    void refuse(const std::string& why) {
        is_refused_ = true;
        entrance_.tell(*this, why);
        channel_.end_sending();
        watch({true, false});
    }

    void read_off() {
        const auto scratch = entrance_.poller_.scratch();
        const auto got = ::recv(channel_.fd(), scratch.data(), scratch.size(), 0);
        const bool is_gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
        if (is_gone) entrance_.turn_away(*this);
    }

    void watch(net::interest wanted) {
        if (wanted == watched_) return;
        watched_ = wanted;
        entrance_.poller_.change(channel_.fd(), *this, wanted.read, wanted.write);
    }

    tls_entrance& entrance_;
    net::channel channel_;
    net::interest watched_;
    steady_clock::time_point since_ = steady_clock::now();
    bool has_begun_ = false;
    bool is_refused_ = false;  // and only read until it goes
};

tls_entrance::tls_entrance(net::poller& poller, std::shared_ptr<const net::tls_context> context, std::chrono::milliseconds limit,
                           front_stats& stats, owner& told)
    : poller_(poller), context_(std::move(context)), limit_(limit), stats_(stats), owner_(told) {}

tls_entrance::~tls_entrance() = default;

void tls_entrance::take(net::unique_fd socket, client_record_ptr record) {
    net::tls_ptr session = context_->accept(socket.get());
    if (!session) return owner_.turn_away(*record);  // no memory
    const std::uint64_t id = record->id;
    arrivals_.emplace(id, std::make_unique<arrival>(*this, net::channel(std::move(socket), std::move(session)), std::move(record)));
}

void tls_entrance::let_in(arrival& who) {
    stats_.tls_handshakes.add();
    const auto record = who.record;
    net::channel client = who.release();
    arrivals_.erase(record->id);
    owner_.let_in(std::move(client), record);
}

void tls_entrance::tell(const arrival& who, const std::string& why) {
    stats_.tls_failures.add();
    if (log_.allows(poller_.now())) spdlog::warn("TLS handshake with {} failed: {}{}", who.record->address(), why, log_.suffix());
}

void tls_entrance::turn_away(arrival& who) {
    const auto record = who.record;
    arrivals_.erase(record->id);
    owner_.turn_away(*record);
}

void tls_entrance::close(std::uint64_t id) {
    if (const auto found = arrivals_.find(id); found != arrivals_.end()) turn_away(*found->second);
}

void tls_entrance::close_all() {
    while (!arrivals_.empty()) turn_away(*arrivals_.begin()->second);
}

void tls_entrance::check_time_limits(steady_clock::time_point now) {
    std::vector<arrival*> late;
    for (const auto& [id, who] : arrivals_)
        if (who->is_late(now)) late.push_back(who.get());
    for (arrival* who : late) {
        if (!who->is_refused()) tell(*who, "not done within " + std::to_string(limit_.count()) + " ms");
        turn_away(*who);
    }
}

}  // namespace respgres::proxy
