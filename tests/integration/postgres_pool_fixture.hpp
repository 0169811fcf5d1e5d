#pragma once

#include "backends/postgres/pool.hpp"
#include "backends/postgres/pool_stats.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

namespace asio = boost::asio;
using asio::awaitable;
using backends::errc;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view null_text = "<NULL>";

// Keeps what it gets, up to `limit` rows.
class row_keeper final : public postgres::row_sink {
public:
    void on_columns(std::span<const postgres::column> given) override {
        columns.assign(given.begin(), given.end());
        ++announced;
    }
    bool on_row(postgres::row_view given) override {
        auto& row = rows.emplace_back();
        for (const auto& value : given) row.emplace_back(value.value_or(null_text));
        return rows.size() < limit;
    }

    std::size_t limit = SIZE_MAX;
    int announced = 0;
    std::vector<postgres::column> columns;
    std::vector<std::vector<std::string>> rows;
};

// What a run came to.
struct answer {
    backends::outcome<void> result = backends::outcome<void>{};
    row_keeper kept;

    bool ok() const { return result.has_value(); }
    boost::system::error_code code() const { return result.has_error() ? result.error().code : boost::system::error_code(); }
    std::string detail() const { return result.has_error() ? result.error().detail : std::string(); }
    // The only value of the only row.
    std::string value() const {
        if (!ok()) throw std::runtime_error(code().message() + " " + detail());
        return kept.rows.at(0).at(0);
    }
};

// Of a query that runs beside others.
using pending = std::shared_ptr<std::optional<answer>>;

inline auto keep_in(pending into) {
    return [into = std::move(into)](std::exception_ptr error, answer got) {
        if (error) std::rethrow_exception(error);
        into->emplace(std::move(got));
    };
}

inline bool all_here(const std::vector<pending>& answers) {
    return std::all_of(answers.begin(), answers.end(), [](const pending& each) { return each->has_value(); });
}

inline auto count_of(const std::vector<pending>& answers, errc code) {
    return std::count_if(answers.begin(), answers.end(), [code](const pending& each) { return *each && (**each).code() == code; });
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// A pool on a context of its own, stopped when the test ends. The context runs only inside await().
class pool_fixture {
public:
    explicit pool_fixture(postgres::pool_settings settings) : pool_(std::make_unique<postgres::pool>(context_.get_executor(), settings)) {
        pool_->start();
    }
    ~pool_fixture() {
        if (pool_) await(pool_->stop());
    }
    pool_fixture(const pool_fixture&) = delete;
    pool_fixture& operator=(const pool_fixture&) = delete;

    template <class T>
    T await(awaitable<T> work, std::chrono::milliseconds limit = 20s) {
        return run_coroutine(context_, std::move(work), limit);
    }

    // Runs `sql` under a name made of it.
    awaitable<answer> ask(std::string sql, std::vector<std::string> parameters = {}, std::chrono::microseconds limit = 10s,
                          std::size_t row_limit = SIZE_MAX) {
        const postgres::statement what{"test_" + std::to_string(std::hash<std::string>{}(sql)), sql, {}};
        co_return co_await ask_as(what, parameters, limit, row_limit);
    }

    awaitable<answer> ask_as(const postgres::statement& what, std::vector<std::string> parameters, std::chrono::microseconds limit,
                             std::size_t row_limit = SIZE_MAX) {
        const std::vector<std::string_view> views(parameters.begin(), parameters.end());
        answer got;
        got.kept.limit = row_limit;
        got.result = co_await pool_->run(what, views, got.kept, clock::now() + limit);
        co_return got;
    }

    // The two at once.
    answer run(std::string sql, std::vector<std::string> parameters = {}, std::chrono::microseconds limit = 10s,
               std::size_t row_limit = SIZE_MAX) {
        return await(ask(std::move(sql), std::move(parameters), limit, row_limit));
    }

    // Lets the context run until `condition()` holds.
    template <class Condition>
    awaitable<void> until(Condition condition) {
        asio::steady_timer timer(context_);
        while (!condition()) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    // Starts a query beside the others; `into` gets its answer.
    void start_asking(std::string sql, std::chrono::milliseconds limit, pending into) {
        asio::co_spawn(context_, ask(std::move(sql), {}, limit), keep_in(std::move(into)));
    }

    // The same under a name, which must live until the answer is there.
    pending start_asking_as(const postgres::statement& what, std::vector<std::string> parameters, std::chrono::microseconds limit = 20s,
                            std::size_t row_limit = SIZE_MAX, asio::cancellation_slot cancelled_by = {}) {
        auto into = std::make_shared<std::optional<answer>>();
        asio::co_spawn(context_, ask_as(what, std::move(parameters), limit, row_limit),
                       asio::bind_cancellation_slot(cancelled_by, keep_in(into)));
        return into;
    }

    asio::io_context& context() { return context_; }
    postgres::pool& operator*() { return *pool_; }
    postgres::pool* operator->() { return pool_.get(); }
    void destroy() { pool_.reset(); }

private:
    asio::io_context context_{1};
    std::unique_ptr<postgres::pool> pool_;
};

inline postgres::pool_settings settings_for(std::string url, std::uint32_t connections = 1) {
    postgres::pool_settings settings;
    settings.url = std::move(url);
    settings.connections = connections;
    settings.cancel_grace = 15s;  // a machine that builds elsewhere at the same time must not cost connections that a test counts on
    return settings;
}

// How many sessions of the pool's run a query now.
inline int running_queries(postgres_server& server) {
    const auto rows = server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'respgres' AND state = 'active'");
    return std::stoi(rows.at(0).at(0));
}

inline int sessions(postgres_server& server) {
    return std::stoi(server.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'respgres'").at(0).at(0));
}

}  // namespace respgres::tests
