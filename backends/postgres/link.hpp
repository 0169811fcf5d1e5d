#pragma once

#include "backends/errors.hpp"
#include "backends/postgres/cancel_request.hpp"
#include "backends/postgres/connect_parameters.hpp"
#include "backends/postgres/descriptor_watch.hpp"
#include "backends/postgres/host_list.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "backends/postgres/row_meter.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace respgres::postgres {

// Takes the results of one exchange, errors excepted. False = no more are wanted.
class result_reader {
public:
    virtual ~result_reader() = default;
    virtual bool read(const PGresult& result) = 0;
};

// For answers that hold nothing of interest.
class result_ignorer final : public result_reader {
public:
    bool read(const PGresult&) override { return true; }
};

// What connections share.
struct link_environment {
    boost::asio::any_io_executor executor;
    cancel_sender& cancels;
    pool_stats& stats;
    std::size_t max_row_bytes;
    std::chrono::milliseconds cancel_grace;
};

inline constexpr const char* not_rows = "the server answered a query with something else than rows";

// Whether bytes wait in OpenSSL's buffer: then the socket will not tell of them, and readiness::now is the way to wait.
bool has_decrypted_input(PGconn* handle);

struct result_deleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using result_ptr = std::unique_ptr<PGresult, result_deleter>;

// One libpq connection in non-blocking mode: opening it, exchanges with a time limit, and cancelling at the server.
//
// When the time limit of an exchange passes, or it is given up, the query is cancelled at the server, and the rest of its answer is read and
// dropped, so that the connection can be used again; if that takes longer than `cancel_grace`, the connection is closed. A cancel that comes too
// early does nothing, so it is repeated. One that comes too late cannot hit the next query: the exchange ends only after the request was dealt
// with and an empty query went through.
//
// One exchange at a time. Used once: when it is closed, it is thrown away. Not thread-safe. Nothing here may be cancelled from outside: give_up().
class link : public std::enable_shared_from_this<link> {
public:
    using time_point = descriptor_watch::time_point;
    static constexpr std::chrono::milliseconds cancel_again_after{100};

    explicit link(link_environment environment);
    ~link();
    link(const link&) = delete;
    link& operator=(const link&) = delete;

    // Errors: not_connected, with the server's or libpq's words.
    boost::asio::awaitable<outcome<void>> open(connect_parameters parameters, time_point limit);

    // Sets the time limit of the exchanges that follow.
    void begin(time_point deadline);

    // Completes what a PQsend... function began; `sent` is what it returned. Errors: connection_lost, protocol_error (the connection is closed
    // then), timed_out, result_too_large (`reader` said so), the reason of give_up(), and what failures.hpp makes of the server's errors.
    boost::asio::awaitable<outcome<void>> exchange(int sent, result_reader& reader);

    // Waits until wake() (true), or until the connection breaks (false; also if it had broken before wake()).
    boost::asio::awaitable<bool> wait_idle();
    void wake() { watch_->interrupt(); }

    // Ends open() or the exchange that is under way with `why`.
    void give_up(backends::errc why);

    // The parts of an exchange, for who has several queries under way at once (pipeline.hpp).
    bool has_result();  // PQgetResult will not block
    bool has_unsent() const { return unsent_ > 0; }  // as of the last has_result()
    // Waits until something has come or can be sent, `until` has passed, or wake(); reads what has come. The connection is closed when it failed.
    boost::asio::awaitable<void> wait_for_more(time_point until);
    bool has_row_above_limit(const PGresult& result) const;
    void refuse_row();  // closes
    bool has_refused_row() const { return has_refused_row_; }
    void send_cancel();  // unless one is on its way; wakes up when it was dealt with
    bool is_cancelling() const { return cancel_is_on_its_way_; }
    boost::asio::awaitable<void> settle(time_point limit);  // after cancels: makes sure that they are over and done with, or closes
    void close_unresponsive();
    void close_because(std::string reason);

    bool is_open() const { return handle_ && PQstatus(handle_.get()) == CONNECTION_OK; }
    void close();
    PGconn* native() const { return handle_.get(); }
    // For who waits for it in other ways than by exchanges.
    std::shared_ptr<descriptor_watch> watch() const { return watch_; }

    // Why the connection broke, as far as anybody said so.
    failure lost() const;

private:
    enum class phase { opening, exchanging, cancelling, settling };

    struct handle_deleter {
        void operator()(PGconn* handle) const { PQfinish(handle); }
    };

    boost::asio::awaitable<outcome<void>> look_up_hosts(connect_parameters& parameters);
    boost::asio::awaitable<outcome<void>> look_up(host_list::entry& entry);
    boost::asio::awaitable<outcome<void>> handshake();
    failure open_failure() const;
    boost::asio::awaitable<bool> next_is_ready();
    boost::asio::awaitable<wake_cause> wait_and_read();
    void read_input();
    boost::asio::awaitable<bool> drain();
    bool halt(backends::errc why);
    void cancel_again();
    void take(const PGresult& result, result_reader& reader, std::optional<failure>& error);

    link_environment environment_;
    std::shared_ptr<descriptor_watch> watch_;
    std::unique_ptr<PGconn, handle_deleter> handle_;
    phase phase_ = phase::opening;
    std::optional<backends::errc> given_up_;  // set by give_up(), not acted upon yet
    std::optional<backends::errc> halted_;  // why the exchange was stopped
    time_point closes_at_ = descriptor_watch::never;  // of what is being cancelled, if the server does not react
    bool cancel_is_on_its_way_ = false;
    int unsent_ = 0;  // as PQflush said: 1 = some, -1 = it failed
    row_meter row_meter_;
    bool has_refused_row_ = false;
    std::string cancel_problem_;
    std::string last_words_;  // of the server before it closed the connection
    std::string close_reason_;  // ours
};

}  // namespace respgres::postgres
