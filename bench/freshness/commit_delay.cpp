#include "bench/freshness/commit_delay.hpp"

#include "tests/support/resp_client.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace respgres::bench {

namespace {

using clock = std::chrono::steady_clock;
using nanoseconds = std::chrono::nanoseconds;

constexpr std::size_t ids_per_writer = 512;   // a key must be gone before its next turn

struct connection_closer {
    void operator()(PGconn* open) const { PQfinish(open); }
};
using connection = std::unique_ptr<PGconn, connection_closer>;

void run(const connection& over, const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(over.get(), sql.c_str()), &PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(over.get()));
}

// When an id's row was committed, and when its key went, in nanoseconds of our clock; 0: not yet.
struct turn {
    std::atomic<std::int64_t> committed{0};
    std::atomic<std::int64_t> gone{0};
};

std::int64_t now() {
    return std::chrono::duration_cast<nanoseconds>(clock::now().time_since_epoch()).count();
}

class measurement {
public:
    measurement(tests::postgres_server& postgres, tests::redis_server& redis, unsigned writers)
        : postgres_(postgres), redis_(redis), writers_(writers), turns_(writers * ids_per_writer) {}

    delays take(unsigned rate, std::chrono::seconds length) {
        tests::resp_client listener(redis_.port());
        listener.call({"CONFIG", "SET", "notify-keyspace-events", "Eg"});
        listener.call({"SUBSCRIBE", "__keyevent@0__:del"});
        std::thread listening([&] { listen(listener); });
        const auto start = clock::now();
        std::vector<std::thread> writing;
        for (unsigned i = 0; i < writers_; ++i)
            writing.emplace_back([&, i] { write(i, std::chrono::nanoseconds(1'000'000'000ll * writers_ / rate), start + length); });
        for (auto& each : writing) each.join();
        const double took = std::chrono::duration<double>(last_commit_ - start).count();
        tests::resp_client(redis_.port()).call({"PUBLISH", "__keyevent@0__:del", "end"});
        listening.join();
        result_.commits_per_second = static_cast<double>(result_.milliseconds.size() + result_.missed) / took;
        std::sort(result_.milliseconds.begin(), result_.milliseconds.end());
        return std::move(result_);
    }

private:
    void listen(tests::resp_client& from) {
        while (true) {
            const std::string message = from.read_reply();   // *3, "message", channel, key
            const auto at = message.rfind("\r\n", message.size() - 3);
            const std::string key = message.substr(at + 2, message.size() - at - 4);
            if (key == "end") return;
            constexpr std::size_t prefix = 5;                // item:
            turns_[std::stoul(key.substr(prefix))].gone.store(now());
        }
    }

    void write(unsigned writer, nanoseconds pause, clock::time_point until) {
        const connection over(PQconnectdb(postgres_.url().c_str()));
        tests::resp_client redis(redis_.port());
        std::vector<double> seen;
        std::size_t missed = 0;
        auto next = clock::now();
        for (std::size_t i = 0; next < until; ++i, next += pause) {
            std::this_thread::sleep_until(next);
            const std::size_t id = writer * ids_per_writer + i % ids_per_writer;
            if (i >= ids_per_writer) collect(turns_[id], seen, missed);
            redis.call({"SET", "item:" + std::to_string(id), "old"});
            run(over, "UPDATE items SET name = 'n" + std::to_string(i) + "' WHERE id = " + std::to_string(id));
            turns_[id].committed.store(now());
        }
        const auto ended = clock::now();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        for (std::size_t i = 0; i < ids_per_writer; ++i) collect(turns_[writer * ids_per_writer + i], seen, missed);
        const std::lock_guard held(mutex_);
        result_.milliseconds.insert(result_.milliseconds.end(), seen.begin(), seen.end());
        result_.missed += missed;
        last_commit_ = std::max(last_commit_, ended);
    }

    static void collect(turn& of, std::vector<double>& seen, std::size_t& missed) {
        const auto committed = of.committed.exchange(0);
        const auto gone = of.gone.exchange(0);
        if (committed == 0) return;
        if (gone == 0)
            ++missed;
        else
            seen.push_back(static_cast<double>(gone - committed) / 1e6);
    }

    tests::postgres_server& postgres_;
    tests::redis_server& redis_;
    unsigned writers_;
    std::vector<turn> turns_;
    std::mutex mutex_;
    clock::time_point last_commit_{};
    delays result_;
};

}  // namespace

delays measure_delays(tests::postgres_server& postgres, tests::redis_server& redis, unsigned rate, unsigned writers,
                      std::chrono::seconds length) {
    postgres.execute("INSERT INTO items SELECT g, 'x' FROM generate_series(0, " + std::to_string(writers * ids_per_writer) +
                     ") g ON CONFLICT DO NOTHING");
    return measurement(postgres, redis, writers).take(rate, length);
}

}  // namespace respgres::bench
