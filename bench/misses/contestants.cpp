#include "bench/misses/contestants.hpp"

#include "backends/postgres/pool.hpp"
#include "proxy/fills/key_queries.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <libpq-fe.h>

#include <array>
#include <cstdio>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace respgres::bench {

namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr const char* lookup = "SELECT id, name, price FROM items WHERE id = $1";

std::string random_id(std::minstd_rand& random) {
    return std::to_string(1 + random() % rows);
}

class plain_connection {
public:
    plain_connection(const std::string& url, const std::string& name) {
        handle_ = PQconnectdb((url + "&application_name=" + name).c_str());
        if (PQstatus(handle_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle_));
        const Oid int8 = 20;
        PQclear(PQprepare(handle_, "read", lookup, 1, &int8));
    }
    ~plain_connection() { PQfinish(handle_); }
    plain_connection(const plain_connection&) = delete;
    plain_connection& operator=(const plain_connection&) = delete;

    PGconn* get() const { return handle_; }

private:
    PGconn* handle_;
};

void expect_row(PGresult* result) {
    const bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    PQclear(result);
    if (!good) throw std::runtime_error("a row did not come");
}

class synchronous final : public contestant {
public:
    explicit synchronous(const std::string& url) : to_(url, name_) {}

    std::uint64_t run_until(steady_clock::time_point end) override {
        std::uint64_t done = 0;
        for (; steady_clock::now() < end; ++done) {
            const std::string id = random_id(random_);
            const char* const values[] = {id.c_str()};
            expect_row(PQexecPrepared(to_.get(), "read", 1, values, nullptr, nullptr, 0));
        }
        return done;
    }
    const std::string& name() const override { return name_; }

private:
    std::string name_ = "synchronous";
    plain_connection to_;
    std::minstd_rand random_{1};
};

class pipelined final : public contestant {
public:
    explicit pipelined(const std::string& url) : to_(url, name_) {
        PQsetnonblocking(to_.get(), 1);
        PQenterPipelineMode(to_.get());
    }

    std::uint64_t run_until(steady_clock::time_point end) override {
        std::uint64_t done = 0;
        unsigned under_way = 0;
        for (bool open = true; open || under_way > 0;) {
            open = open && steady_clock::now() < end;
            for (; open && under_way < 64; ++under_way) send();
            const int unsent = PQflush(to_.get());
            if (unsent < 0) throw std::runtime_error(PQerrorMessage(to_.get()));
            if (PQisBusy(to_.get()) != 0) {  // sending may have read some already
                pollfd ready{PQsocket(to_.get()), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
                ::poll(&ready, 1, -1);
                PQconsumeInput(to_.get());
            }
            for (; under_way > 0 && PQisBusy(to_.get()) == 0; --under_way, ++done)
                if (!take()) break;
        }
        return done;
    }
    const std::string& name() const override { return name_; }

private:
    void send() {
        const std::string id = random_id(random_);
        const char* const values[] = {id.c_str()};
        if (PQsendQueryPrepared(to_.get(), "read", 1, values, nullptr, nullptr, 0) == 0 || PQpipelineSync(to_.get()) == 0)
            throw std::runtime_error(PQerrorMessage(to_.get()));
    }

    // The row, the end of the query, and the sync; they may come in pieces. True when one query is done with.
    bool take() {
        while (PQisBusy(to_.get()) == 0) {
            PGresult* const result = PQgetResult(to_.get());
            if (result == nullptr) continue;
            if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
                PQclear(result);
                return true;
            }
            expect_row(result);
        }
        return false;
    }

    std::string name_ = "pipelined";
    plain_connection to_;
    std::minstd_rand random_{1};
};

class proxied final : public contestant {
public:
    proxied(const std::string& url, std::string name, std::uint32_t connections, std::uint32_t batch_max) : name_(std::move(name)) {
        conf::settings all;
        auto& made = all.mappings.emplace_back();
        made.name = "item";
        made.key.value = "item:{id:int}";
        made.shape.value = conf::shape::json_row;
        made.query.value = "SELECT id, name, price FROM items WHERE id = :id";
        made.ttl.value = std::chrono::minutes(1);
        made.batch_max.value = batch_max;
        conf::problems found;
        table_ = proxy::mapping_table::build(all, found);
        if (!found.empty()) throw std::runtime_error(found.front().message);
        postgres::pool_settings settings;
        settings.url = url + "&application_name=" + name_;
        settings.connections = connections;
        pool_ = std::make_unique<postgres::pool>(context_.get_executor(), settings);
        pool_->start();
        queries_ = std::make_unique<proxy::key_queries>(context_.get_executor(), *pool_, stats_);
        run_until(steady_clock::now() + std::chrono::milliseconds(500));  // connects, prepares
    }

    ~proxied() override {
        asio::co_spawn(context_, pool_->stop(), [this](std::exception_ptr) { context_.stop(); });
        context_.restart();
        context_.run();
    }

    std::uint64_t run_until(steady_clock::time_point end) override {
        std::uint64_t done = 0;
        unsigned open = depth;
        for (unsigned i = 0; i < depth; ++i) {
            auto ended = [this, &open](std::exception_ptr thrown) {
                if (thrown) std::rethrow_exception(thrown);
                if (--open == 0) context_.stop();
            };
            asio::co_spawn(context_, read_until(end, done), std::move(ended));
        }
        context_.restart();
        context_.run();
        return done;
    }
    const std::string& name() const override { return name_; }

private:
    asio::awaitable<void> read_until(steady_clock::time_point end, std::uint64_t& done) {
        for (; steady_clock::now() < end; ++done) {
            const std::vector<std::string> bound{random_id(random_)};
            proxy::key_query query(*table_.all().front(), bound);
            co_await queries_->run(query);
            if (query.result.has_error()) throw std::runtime_error(query.result.error().code.message() + " " + query.result.error().detail);
        }
    }

    std::string name_;
    asio::io_context context_{1};
    std::unique_ptr<postgres::pool> pool_;
    proxy::mapping_table table_;
    std::vector<proxy::mapping_stats> stats_{1};
    std::unique_ptr<proxy::key_queries> queries_;
    std::minstd_rand random_{1};
};

}  // namespace

std::unique_ptr<contestant> make_synchronous(const std::string& url) {
    return std::make_unique<synchronous>(url);
}

std::unique_ptr<contestant> make_pipelined(const std::string& url) {
    return std::make_unique<pipelined>(url);
}

std::unique_ptr<contestant> make_proxied(const std::string& url, std::string name, std::uint32_t connections, std::uint32_t batch_max) {
    return std::make_unique<proxied>(url, std::move(name), connections, batch_max);
}

}  // namespace respgres::bench
