// The part of class link that opens the connection.
#include "backends/postgres/failures.hpp"
#include "backends/postgres/link.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace respgres::postgres {

namespace asio = boost::asio;
using asio::ip::tcp;
using backends::errc;

namespace {

constexpr std::string_view open_words_timed_out = "the connection could not be made within the time limit";

// Warnings are not for us; but a server that ends a session says why in a message that libpq takes for a notice when no query is under way.
void keep_last_words(void* words, const PGresult* notice) {
    const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const std::string_view level = severity == nullptr ? "" : severity;
    if (level == "FATAL" || level == "PANIC") *static_cast<std::string*>(words) = failure_of(notice).detail;
}

}  // namespace

asio::awaitable<outcome<void>> link::open(connect_parameters parameters, time_point limit) {
    phase_ = phase::opening;
    watch_->set_deadline(limit);
    const auto found = co_await look_up_hosts(parameters);
    if (found.has_error()) co_return found.error();
    handle_.reset(PQconnectStartParams(parameters.keywords().data(), parameters.values().data(), 0));
    if (!handle_) co_return make_failure(errc::not_connected, "out of memory");
    const auto shaken = co_await handshake();
    if (shaken.has_error()) co_return shaken.error();

    // From here on an error has to close what is open; the exchange itself never does so for the server's refusal.
    begin(limit);
    result_ignorer nothing;
    const auto session = co_await exchange(PQsendQuery(native(), parameters.session_sql().c_str()), nothing);
    if (session.has_value()) co_return session;
    close();
    co_return make_failure(errc::not_connected, "the session could not be set up: " + session.error().detail);
}

asio::awaitable<outcome<void>> link::handshake() {
    PQsetNoticeReceiver(native(), &keep_last_words, &last_words_);
    auto status = PQstatus(native()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        // Anew at each step: libpq goes on to the next address, or retries without TLS, with another socket.
        if (!watch_->watch(PQsocket(native()))) co_return make_failure(errc::not_connected, std::generic_category().message(errno));
        const auto cause = co_await watch_->wait(status == PGRES_POLLING_READING ? readiness::read : readiness::write);
        if (native() == nullptr || given_up_) co_return make_failure(errc::cancelled, "gave up connecting");
        if (cause == wake_cause::time_limit) co_return open_failure();
        if (cause == wake_cause::ready) status = PQconnectPoll(native());
        if (cause == wake_cause::failed) break;
    }
    if (status != PGRES_POLLING_OK) co_return connection_failure(errc::not_connected, native());
    PQsetnonblocking(native(), 1);
    if (!watch_->watch(PQsocket(native()))) co_return make_failure(errc::not_connected, std::generic_category().message(errno));
    co_return outcome<void>{};
}

failure link::open_failure() const {
    const auto text = [](const char* part) { return std::string(part == nullptr ? "" : part); };
    auto words = "connection to server at \"" + text(PQhost(native())) + "\", port " + text(PQport(native())) + ": " +
                 std::string(open_words_timed_out);
    // With several hosts, what the ones before had to say.
    if (const auto before = without_line_end(PQerrorMessage(native())); !before.empty()) words.append("; ").append(before);
    return make_failure(errc::not_connected, std::move(words));
}

asio::awaitable<outcome<void>> link::look_up_hosts(connect_parameters& parameters) {
    auto hosts = host_list::of(parameters);
    if (!hosts) co_return outcome<void>{};
    failure last;
    for (auto& entry : hosts->entries) {
        if (!entry.is_name) continue;
        const auto found = co_await look_up(entry);
        if (found.has_error()) last = found.error();
        if (last.code == errc::cancelled) co_return last;
    }
    if (!hosts->write_to(parameters)) co_return last;
    co_return outcome<void>{};
}

asio::awaitable<outcome<void>> link::look_up(host_list::entry& entry) {
    struct answer {
        bool here = false;
        boost::system::error_code error;
        tcp::resolver::results_type found;
    };
    // Shared, because a lookup goes on in its thread after it was cancelled.
    const auto reply = std::make_shared<answer>();
    tcp::resolver resolver(environment_.executor);
    auto take_answer = [reply, watch = watch_](const boost::system::error_code& error, tcp::resolver::results_type found) {
        reply->here = true;
        reply->error = error;
        reply->found = std::move(found);
        watch->interrupt();
    };
    resolver.async_resolve(entry.host, "", std::move(take_answer));
    while (!reply->here) {
        const auto cause = co_await watch_->wait(readiness::none);
        if (cause == wake_cause::failed || given_up_) co_return make_failure(errc::cancelled, "gave up connecting");
        if (cause == wake_cause::time_limit)
            co_return make_failure(errc::not_connected, "the address of \"" + entry.host + "\" was not found within the time limit");
    }
    if (reply->error)
        co_return make_failure(errc::not_connected,
                               "could not translate host name \"" + entry.host + "\" to address: " + reply->error.message());
    for (const auto& each : reply->found) {
        auto address = each.endpoint().address().to_string();
        if (std::find(entry.addresses.begin(), entry.addresses.end(), address) == entry.addresses.end())
            entry.addresses.push_back(std::move(address));
    }
    co_return outcome<void>{};
}

}  // namespace respgres::postgres
