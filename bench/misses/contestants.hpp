#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace respgres::bench {

// Reads rows of the table items by primary key, in one of several ways.
class contestant {
public:
    virtual ~contestant() = default;

    // Reads random rows until `end`, and what is under way then to its end. Returns how many.
    virtual std::uint64_t run_until(std::chrono::steady_clock::time_point end) = 0;
    // The application_name of its connections.
    virtual const std::string& name() const = 0;
};

// How many keys are asked for at the same time, but for the synchronous program.
constexpr unsigned depth = 256;
constexpr std::uint32_t rows = 100'000;

// One query at a time on one connection.
std::unique_ptr<contestant> make_synchronous(const std::string& url);
// 64 queries in libpq's pipeline on one connection, a sync behind each.
std::unique_ptr<contestant> make_pipelined(const std::string& url);
// The proxy's queries (key_queries on a pool); batch_max = 1: each key has a query of its own, 0: as the mapping's query allows.
std::unique_ptr<contestant> make_proxied(const std::string& url, std::string name, std::uint32_t connections, std::uint32_t batch_max);

}  // namespace respgres::bench
