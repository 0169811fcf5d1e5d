#include "bench/bookmaker/live.hpp"

#include "bench/bookmaker/lane.hpp"
#include "bench/bookmaker/latency_histogram.hpp"
#include "bench/bookmaker/market.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

namespace respgres::bookmaker {

namespace {

using clock = schedule::clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds drain_limit{10'000};   // how long transactions in flight may take after the end

// SIGINT and SIGTERM as something to poll for, so that they are handled between two steps.
class stop_signal {
public:
    stop_signal() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        sigprocmask(SIG_BLOCK, &signals, nullptr);
        descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
    }
    ~stop_signal() { close(descriptor_); }
    stop_signal(const stop_signal&) = delete;
    stop_signal& operator=(const stop_signal&) = delete;

    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

struct tally {
    std::array<std::uint64_t, 4> counts{};        // by transaction_outcome::kind
    latency_histogram latencies;

    std::uint64_t of(transaction_outcome::kind kind) const { return counts[static_cast<std::size_t>(kind)]; }

    void add(const transaction_outcome& outcome) {
        ++counts[static_cast<std::size_t>(outcome.what)];
        latencies.add(std::chrono::duration_cast<microseconds>(outcome.latency));
    }
};

double in_milliseconds(microseconds duration) {
    return static_cast<double>(duration.count()) / 1'000;
}

void print(const char* heading, const tally& counted, double seconds, double wanted_rate) {
    using kind = transaction_outcome::kind;
    const auto number = [&](kind what) { return static_cast<unsigned long long>(counted.of(what)); };
    std::printf(
        "%-6s %8.1f/s of %.1f  placed %llu  closed %llu  already closed %llu  failed %llu  due to commit: p50 %.2f ms  p99 %.2f ms\n",
        heading, static_cast<double>(counted.latencies.total()) / std::max(seconds, 1e-9), wanted_rate, number(kind::placed),
        number(kind::closed), number(kind::already_closed), number(kind::failed), in_milliseconds(counted.latencies.percentile(0.5)),
        in_milliseconds(counted.latencies.percentile(0.99)));
    std::fflush(stdout);
}

market market_of(const live_options& options) {
    connection database(options.url);
    const auto largest = [&](const char* table) {
        const std::string id = database.single_value(std::string("SELECT max(id) FROM ") + table);
        if (id.empty()) throw postgres_error(std::string("table '") + table + "' is empty; load data first: bookmaker load");
        return std::stoull(id);
    };
    const std::uint64_t users = largest("users"), events = largest("events");
    market made(options.seed, users, events);
    const result open = database.run("SELECT id FROM bets WHERE status = 'OPEN' ORDER BY placed_at LIMIT 100000");
    for (int row = 0; row < PQntuples(open.get()); ++row) made.opened(std::stoll(PQgetvalue(open.get(), row, 0)));
    return made;
}

std::vector<std::unique_ptr<lane>> open_lanes(const live_options& options) {
    std::vector<std::unique_ptr<lane>> lanes;
    for (unsigned i = 0; i < options.connections; ++i) lanes.push_back(std::make_unique<lane>(options.url));
    return lanes;
}

class live_run {
public:
    explicit live_run(const live_options& options)
        : options_(options),
          market_(market_of(options)),
          lanes_(open_lanes(options)),
          start_(clock::now()),
          schedule_(start_, options.rate),
          next_print_(start_ + print_period) {}

    bool run() {
        while (!is_over()) {
            send_what_is_due();
            wait();
            print_each_second();
        }
        drain();
        const double seconds = std::chrono::duration<double>(clock::now() - start_).count();
        print("total", total_, seconds, options_.rate);
        return total_.of(transaction_outcome::kind::failed) == 0;
    }

private:
    static constexpr std::chrono::seconds print_period{1};

    bool is_over() const {
        const std::chrono::duration<double> elapsed = clock::now() - start_;
        return stopped_ || (options_.seconds > 0 && elapsed.count() >= options_.seconds);
    }

    void send_what_is_due() {
        for (const std::uint64_t due = schedule_.due_by(clock::now()); sent_ < due; ++sent_) {
            const auto least_busy = std::ranges::min_element(lanes_, {}, [](const auto& l) { return l->in_flight(); });
            if (!(*least_busy)->has_room()) break;  // PostgreSQL is slower than the rate; what is late stays due
            (*least_busy)->send(market_.next(), schedule_.due_time(sent_));
        }
        for (const auto& lane : lanes_)
            if (lane->wants_to_write()) lane->flush();
    }

    // Until a reply, the next due time, the next line or a signal.
    void wait() {
        const bool can_send = std::ranges::any_of(lanes_, [](const auto& l) { return l->has_room(); });
        const auto until = can_send && !stopped_ ? std::min(schedule_.due_time(sent_), next_print_) : next_print_;
        poll_until(until);
    }

    void poll_until(clock::time_point until) {
        std::vector<pollfd> descriptors{{stop_.descriptor(), POLLIN, 0}};
        for (const auto& lane : lanes_)
            descriptors.push_back({lane->descriptor(), static_cast<short>(lane->wants_to_write() ? POLLIN | POLLOUT : POLLIN), 0});

        const auto left = std::max(clock::duration::zero(), until - clock::now());
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        const timespec limit{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
        if (ppoll(descriptors.data(), descriptors.size(), &limit, nullptr) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "ppoll");
        if (descriptors.front().revents != 0) stopped_ = true;

        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            if ((descriptors[i + 1].revents & POLLOUT) != 0) lanes_[i]->flush();
            if ((descriptors[i + 1].revents & ~POLLOUT) != 0) lanes_[i]->receive(finished_);
        }
        count_finished();
    }

    void count_finished() {
        for (const transaction_outcome& outcome : finished_) {
            second_.add(outcome);
            total_.add(outcome);
            if (outcome.what == transaction_outcome::kind::placed) market_.opened(outcome.bet_id);
            if (outcome.what == transaction_outcome::kind::failed && total_.of(outcome.what) == 1)
                std::fprintf(stderr, "bookmaker: a transaction failed (later failures are only counted): %s\n", outcome.problem.c_str());
        }
        finished_.clear();
    }

    void print_each_second() {
        const auto now = clock::now();
        if (now < next_print_) return;
        const std::chrono::duration<double> covered = now - next_print_ + print_period;
        const auto elapsed = std::chrono::floor<std::chrono::seconds>(now - start_).count();
        print((std::to_string(elapsed) + " s").c_str(), second_, covered.count(), options_.rate);
        second_ = {};
        next_print_ = now + print_period;
    }

    void drain() {
        const auto limit = clock::now() + drain_limit;
        const auto busy = [&] { return std::ranges::any_of(lanes_, [](const auto& l) { return l->in_flight() > 0; }); };
        while (busy() && clock::now() < limit) {
            stopped_ = true;
            poll_until(limit);
        }
    }

    live_options options_;
    market market_;
    std::vector<std::unique_ptr<lane>> lanes_;
    stop_signal stop_;
    clock::time_point start_;
    schedule schedule_;
    clock::time_point next_print_;
    std::uint64_t sent_ = 0;
    bool stopped_ = false;
    std::vector<transaction_outcome> finished_;
    tally second_;
    tally total_;
};

}  // namespace

bool run_live(const live_options& options) {
    return live_run(options).run();
}

}  // namespace respgres::bookmaker
