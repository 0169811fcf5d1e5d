#include "backends/postgres/replication/replication_stream.hpp"

#include "backends/change_stream/replication_messages.hpp"
#include "backends/postgres/failures.hpp"
#include "backends/postgres/replication/quoting.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;
using change_stream::lsn;

namespace {

struct copy_deleter {
    void operator()(char* bytes) const { PQfreemem(bytes); }
};
using copy_ptr = std::unique_ptr<char, copy_deleter>;

session_settings session_for(const stream_settings& settings) {
    session_settings made;
    made.url = settings.url;
    made.password = settings.password;
    made.connect_timeout = settings.connect_timeout;
    made.replication = true;
    made.name = "respgres change stream";
    return made;
}

// Version 2 of the protocol brings large transactions in pieces while they run; 3 and 4 what we do not ask for (two_phase, parallel). Of PostgreSQL 14 and later.
std::string start_command(const stream_settings& settings, lsn from) {
    return "START_REPLICATION SLOT " + quoted_name(settings.slot) + " LOGICAL " + to_string(from) +
           " (proto_version '2', streaming 'on', messages 'true', publication_names " + quoted_text(quoted_name(settings.publication)) +
           ")";
}

template <class Number>
bool read_number(const std::optional<std::string>& text, Number& into) {
    if (!text) return false;
    return std::from_chars(text->data(), text->data() + text->size(), into).ec == std::errc();
}

outcome<system_identity> identity_of(const session::rows& rows) {
    system_identity read;
    if (rows.size() == 1 && rows[0].size() >= 3 && rows[0][2]) {
        const auto flushed = change_stream::parse_lsn(*rows[0][2]);
        if (flushed && read_number(rows[0][0], read.system_identifier) && read_number(rows[0][1], read.timeline)) {
            read.flushed = *flushed;
            return read;
        }
    }
    return make_failure(errc::protocol_error, "the server's answer to IDENTIFY_SYSTEM is not understood");
}

// A read of the socket that brought less has most likely emptied it. Not asked again then: the server sends each message by itself, and who reads on while it does reads
// them one by one.
constexpr std::size_t least_of_a_full_read = 8 * 1024;

change_stream::timestamp server_time() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

replication_stream::replication_stream(asio::any_io_executor executor, stream_settings settings)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      connection_(executor_, session_for(settings_)),
      assembler_(settings_.memory),
      asks_(settings_.server_timeout) {}

replication_stream::~replication_stream() {
    close();
}

void replication_stream::close() {
    streaming_ = false;
    has_more_ = false;
    if (watch_) watch_->close();
    watch_.reset();
    connection_.close();
}

int replication_stream::backend_pid() const {
    return is_open() ? PQbackendPID(connection_.native()) : 0;
}

asio::awaitable<outcome<void>> replication_stream::open(time_point limit) {
    close();
    decoder_.restart();
    assembler_.restart();
    asks_.restart();
    position_ = flushed_ = {};
    auto opened = co_await connection_.open(limit);
    if (opened.has_error()) co_return opened;
    const auto set = co_await connection_.query("SET wal_sender_timeout = " + std::to_string(settings_.server_timeout.count()), limit);
    if (set.has_value()) co_return opened;
    close();
    co_return set.error();
}

asio::awaitable<outcome<system_identity>> replication_stream::identify(time_point limit) {
    const auto rows = co_await connection_.query("IDENTIFY_SYSTEM", limit);
    if (rows.has_error()) co_return rows.error();
    co_return identity_of(*rows);
}

asio::awaitable<outcome<void>> replication_stream::start(lsn from, time_point limit) {
    if (!is_open() || streaming_) co_return make_failure(errc::not_connected, "the change stream's connection is not open");
    watch_ = connection_.watch();
    if (PQsendQuery(connection_.native(), start_command(settings_, from).c_str()) != 1) co_return closed_by(lost());
    auto started = co_await await_start(limit);
    if (started.has_error()) co_return closed_by(started.error());
    streaming_ = true;
    position_ = from;
    heard_at_ = std::chrono::steady_clock::now();
    co_return started;
}

// Errors leave the connection as it is.
asio::awaitable<outcome<void>> replication_stream::await_start(time_point limit) {
    const auto watch = watch_;
    watch->set_deadline(limit);
    for (;;) {
        const int unsent = PQflush(connection_.native());
        if (unsent < 0) co_return lost();
        if (unsent == 0 && PQisBusy(connection_.native()) == 0) break;
        const auto cause = co_await watch->wait(unsent == 0 ? readiness::read : readiness::write);
        if (!is_open() || cause == wake_cause::failed)
            co_return make_failure(errc::cancelled, "the change stream was closed while it started");
        if (cause == wake_cause::time_limit) co_return make_failure(errc::timed_out, "the server did not start the change stream in time");
        if (PQconsumeInput(connection_.native()) == 0 && PQisBusy(connection_.native()) != 0) co_return lost();
    }
    const result_ptr result(PQgetResult(connection_.native()));
    if (result && PQresultStatus(result.get()) == PGRES_COPY_BOTH) co_return outcome<void>{};
    co_return result ? failure_of(result.get()) : lost();
}

asio::awaitable<stream_news> replication_stream::wait(time_point until) {
    const auto watch = watch_;  // close() may come meanwhile
    if (!is_streaming()) co_return stream_news::closed;
    if (watch->is_muted() && !watch->watch(PQsocket(connection_.native()))) {
        close();  // no descriptors are left
        co_return stream_news::closed;
    }
    PQflush(connection_.native());  // take() tells an error
    watch->set_deadline(until);
    const bool is_here = has_more_ || has_decrypted_input(connection_.native());
    const auto cause = co_await watch->wait(is_here ? readiness::now : readiness::read);
    co_return news_of(cause);
}

asio::awaitable<stream_news> replication_stream::rest(time_point until) {
    const auto watch = watch_;  // close() may come meanwhile
    if (!is_streaming()) co_return stream_news::closed;
    watch->set_deadline(until);
    watch->mute();
    const auto cause = co_await watch->wait(readiness::none);
    co_return news_of(cause);
}

stream_news replication_stream::news_of(wake_cause cause) const {
    switch (cause) {
        case wake_cause::ready: return stream_news::input;
        case wake_cause::time_limit: return stream_news::time_limit;
        case wake_cause::interrupted: return stream_news::woken;
        case wake_cause::failed: break;
    }
    return is_streaming() ? stream_news::input : stream_news::closed;
}

void replication_stream::wake() {
    if (watch_) watch_->interrupt();
}

outcome<bool> replication_stream::take(std::vector<transaction>& into, std::size_t most) {
    if (!is_streaming()) return make_failure(errc::not_connected, "the change stream is not open");
    const std::size_t enough = into.size() + most;
    std::size_t bytes = 0;
    std::size_t of_this_read = least_of_a_full_read;
    bool readable = true;
    while (into.size() < enough && bytes < max_bytes_of_a_take) {
        char* raw = nullptr;
        const int length = PQgetCopyData(connection_.native(), &raw, 1);
        const copy_ptr message(raw);
        if (length < 0) return closed_by(end_of_stream());
        if (length == 0) {
            if (!readable) return closed_by(lost());
            if (of_this_read < least_of_a_full_read) return has_more_ = false;
            of_this_read = 0;
            readable = PQconsumeInput(connection_.native()) != 0;  // what came before the end is still there
            continue;
        }
        if (bytes == 0) heard_at_ = std::chrono::steady_clock::now();
        bytes += static_cast<std::size_t>(length);
        of_this_read += static_cast<std::size_t>(length);
        const auto taken = take_message({raw, static_cast<std::size_t>(length)}, into);
        if (taken.has_error()) return closed_by(taken.error());
    }
    return has_more_ = true;
}

outcome<void> replication_stream::take_message(std::string_view copy_data, std::vector<transaction>& into) {
    const auto read = change_stream::read_replication_message(copy_data);
    if (read.has_error()) return read.error();
    if (const auto* alive = std::get_if<change_stream::keepalive>(&*read)) {
        position_ = std::max(position_, alive->end);
        if (!alive->reply_requested) return {};
        if (asks_.asked(std::chrono::steady_clock::now()))
            return make_failure(errc::connection_lost, "the server is shutting down and waits for the change stream to end");
        return send_status(flushed_, false);
    }
    const auto message = decoder_.decode(std::get<change_stream::wal_data>(*read).payload);
    if (message.has_error()) return message.error();
    auto ended = assembler_.take(*message);
    if (ended.has_error()) return ended.error();
    if (!*ended) return {};
    position_ = std::max(position_, (*ended)->end_lsn);
    into.push_back(std::move(**ended));
    return {};
}

outcome<void> replication_stream::send_status(lsn flushed, bool ask) {
    if (!is_streaming()) return make_failure(errc::not_connected, "the change stream is not open");
    flushed_ = std::max(flushed_, flushed);
    const int unsent = PQflush(connection_.native());
    if (unsent > 0) return {};
    change_stream::standby_status status;
    status.written = std::max(position_, flushed_);
    status.flushed = flushed_;
    status.applied = flushed_;
    status.sent = server_time();
    status.reply_requested = ask;
    const std::string bytes = write(status);
    const bool sent = unsent == 0 && PQputCopyData(connection_.native(), bytes.data(), static_cast<int>(bytes.size())) == 1 &&
                      PQflush(connection_.native()) >= 0;
    if (!sent) return closed_by(lost());
    return {};
}

// The copy is over: with an error of the server's, or because it shuts down.
failure replication_stream::end_of_stream() {
    PGconn* const native = connection_.native();
    if (PQisBusy(native) != 0) return lost();  // half an error, and no more will come
    const result_ptr result(PQgetResult(native));
    if (!result || PQresultStatus(result.get()) != PGRES_FATAL_ERROR)
        return make_failure(errc::connection_lost, "the server ended the change stream: the server is shutting down");
    return failure_of(result.get());
}

failure replication_stream::lost() {
    return connection_failure(errc::connection_lost, connection_.native());
}

failure replication_stream::closed_by(failure why) {
    close();
    return why;
}

}  // namespace respgres::postgres
