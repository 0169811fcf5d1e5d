#include "backends/postgres/link.hpp"

#include "backends/postgres/failures.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

// A part of a TLS record that did not fit into libpq's buffer: it is in OpenSSL's, and the socket will never tell. (libpq's own blocking calls
// look there, too. PostgreSQL up to 16 sends records that fit; later ones and poolers need not.)
bool has_decrypted_input(PGconn* handle) {
    auto* tls = static_cast<SSL*>(PQsslStruct(handle, "OpenSSL"));
    return tls != nullptr && SSL_pending(tls) > 0;
}

link::link(link_environment environment)
    : environment_(std::move(environment)), watch_(std::make_shared<descriptor_watch>(environment_.executor)) {}

link::~link() {
    close();
}

void link::close() {
    watch_->close();
    handle_.reset();
}

void link::begin(time_point deadline) {
    phase_ = phase::exchanging;
    halted_.reset();
    given_up_.reset();
    watch_->set_deadline(deadline);
}

void link::give_up(errc why) {
    given_up_ = why;
    watch_->interrupt();
}

failure link::lost() const {
    if (!close_reason_.empty()) return make_failure(errc::connection_lost, close_reason_);
    if (!last_words_.empty() || !handle_) return make_failure(errc::connection_lost, last_words_);
    return connection_failure(errc::connection_lost, handle_.get());
}

asio::awaitable<outcome<void>> link::exchange(int sent, result_reader& reader) {
    std::optional<failure> error;
    if (sent == 0 && is_open()) {  // libpq refused: too many parameters, a message too long, a wrong state
        co_return connection_failure(errc::server_error, native());
    }
    while (native() != nullptr) {
        const bool ready = co_await next_is_ready();
        if (!ready) break;
        const result_ptr result(PQgetResult(native()));
        if (!result) break;
        if (!halted_) take(*result, reader, error);
    }
    if (halted_ && is_open()) co_await settle(closes_at_);
    failure words = error ? std::move(*error) : lost();
    const bool broken = !is_open();
    if (broken) close();
    if (halted_) co_return close_reason_.empty() ? halted_failure(*halted_) : make_failure(*halted_, close_reason_);
    if (error || broken) co_return words;
    co_return outcome<void>{};
}

void link::take(const PGresult& result, result_reader& reader, std::optional<failure>& error) {
    switch (PQresultStatus(&result)) {
        case PGRES_SINGLE_TUPLE:
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            if (has_row_above_limit(result)) return refuse_row();
            if (!error && !reader.read(result)) halt(errc::result_too_large);
            return;
        case PGRES_BAD_RESPONSE:
        case PGRES_FATAL_ERROR:
            if (!error) error = failure_of(&result);
            return;
        default:  // COPY would go on for ever
            error = make_failure(errc::protocol_error, not_rows);
            close();
    }
}

bool link::has_row_above_limit(const PGresult& result) const {
    for (int row = 0; row < PQntuples(&result); ++row) {
        std::size_t bytes = 0;
        for (int column = 0; column < PQnfields(&result); ++column) bytes += static_cast<std::size_t>(PQgetlength(&result, row, column));
        if (bytes > environment_.max_row_bytes) return true;
    }
    return false;
}

bool link::has_result() {
    unsent_ = PQflush(native());
    return unsent_ < 0 || PQisBusy(native()) == 0;  // after an error PQgetResult has it
}

// True: PQgetResult will not block. False: the connection is closed.
asio::awaitable<bool> link::next_is_ready() {
    while (native() != nullptr) {
        if (has_result()) co_return true;
        const auto cause = co_await wait_and_read();
        if (cause == wake_cause::interrupted && given_up_ && !halt(*std::exchange(given_up_, std::nullopt))) co_return false;
        if (cause == wake_cause::time_limit && !halt(errc::timed_out)) co_return false;
    }
    co_return false;
}

asio::awaitable<wake_cause> link::wait_and_read() {
    const auto to_read = has_decrypted_input(native()) ? readiness::now : readiness::read;
    const auto cause = co_await watch_->wait(unsent_ > 0 ? readiness::read_or_write : to_read);
    if (native() == nullptr) co_return wake_cause::failed;
    if (cause == wake_cause::ready) read_input();
    if (cause == wake_cause::failed) close();
    co_return cause;
}

asio::awaitable<void> link::wait_for_more(time_point until) {
    watch_->set_deadline(until);
    const auto cause = co_await wait_and_read();
    // What has come in time counts, although nobody had the time to look.
    if (cause == wake_cause::time_limit && native() != nullptr) read_input();
}

// Reads what has come, but not more of one row than is allowed, as far as that can be told.
void link::read_input() {
    const int socket = PQsocket(native());
    row_meter_.before_read(socket);
    if (PQconsumeInput(native()) == 0 && !is_open()) return;  // PQgetResult has the error
    if (row_meter_.after_read(socket, PQisBusy(native()) != 0) > environment_.max_row_bytes) refuse_row();
}

// Not cancelled: a session that is writing a row does not listen.
void link::refuse_row() {
    if (!halted_) halted_ = errc::result_too_large;
    has_refused_row_ = true;
    close_because("a row is larger than " + std::to_string(environment_.max_row_bytes) + " bytes; its connection was closed");
}

// Stops the exchange because of `why`. False: the connection had to be closed.
bool link::halt(errc why) {
    if (phase_ == phase::exchanging) {
        halted_ = why;
        phase_ = phase::cancelling;
        closes_at_ = std::chrono::steady_clock::now() + environment_.cancel_grace;
    } else if (why != errc::timed_out) {
        return true;  // given up while it is being cancelled already
    }
    cancel_again();
    return native() != nullptr;
}

void link::cancel_again() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= closes_at_) return close_unresponsive();
    if (phase_ == phase::cancelling) send_cancel();
    if (native() != nullptr) watch_->set_deadline(std::min(closes_at_, now + cancel_again_after));
}

void link::close_unresponsive() {
    auto reason = std::string("the server did not react to a cancel request within its time limit");
    if (!cancel_problem_.empty()) reason += ": " + cancel_problem_;
    close_because(std::move(reason));
}

void link::close_because(std::string reason) {
    close_reason_ = std::move(reason);
    close();
}

void link::send_cancel() {
    if (cancel_is_on_its_way_) return;
    cancel_ptr request(PQgetCancel(native()));
    if (!request) return close();
    environment_.stats.cancels.add();
    cancel_is_on_its_way_ = true;
    environment_.cancels.send(std::move(request), environment_.executor, [weak = weak_from_this()](std::string problem) {
        const auto self = weak.lock();
        if (!self) return;
        self->cancel_is_on_its_way_ = false;
        self->cancel_problem_ = std::move(problem);
        self->watch_->interrupt();
    });
}

asio::awaitable<void> link::settle(time_point limit) {
    phase_ = phase::settling;
    closes_at_ = limit;
    watch_->set_deadline(limit);
    while (cancel_is_on_its_way_ && native() != nullptr) {
        const auto cause = co_await watch_->wait(readiness::none);
        if (cause == wake_cause::time_limit) close_unresponsive();
        if (cause == wake_cause::failed) close();
    }
    if (native() == nullptr) co_return;
    // The server has signalled the session by now; whether it dealt with the signal, an answer tells. "canceled" is an answer, too.
    if (PQsendQuery(native(), "") == 0) co_return close();
    const bool idle = co_await drain();
    if (!idle) close();
}

asio::awaitable<bool> link::drain() {
    for (;;) {
        const bool ready = co_await next_is_ready();
        if (!ready) co_return false;
        const result_ptr result(PQgetResult(native()));
        if (!result) co_return is_open();
    }
}

asio::awaitable<bool> link::wait_idle() {
    watch_->set_deadline(descriptor_watch::never);
    while (is_open()) {
        const auto cause = co_await watch_->wait(readiness::read);
        if (native() == nullptr || (cause != wake_cause::ready && cause != wake_cause::interrupted)) break;
        if (PQconsumeInput(native()) == 0) break;
        static_cast<void>(PQisBusy(native()));  // makes libpq look at what came: notices, and the reason of a close
        if (!last_words_.empty()) close();  // it was the last
        if (cause == wake_cause::interrupted) co_return is_open();
    }
    if (is_open()) close_because("the socket cannot be read");
    co_return false;
}

}  // namespace respgres::postgres
