#pragma once

#include "backends/net/unique_fd.hpp"
#include "bench/bookmaker/market.hpp"
#include "bench/side_by_side/results.hpp"
#include "bench/side_by_side/workload.hpp"
#include "protocol/resp/reply_framer.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::side_by_side {

using steady_clock = std::chrono::steady_clock;

// A server under test: its connections, which stay open over all slices, and an epoll set of their own.
// Throws std::runtime_error, naming the target, when it cannot be reached, breaks, or says nothing for 10 s.
class target {
public:
    // `address` is IPV4:PORT or unix:PATH.
    target(std::string name, const std::string& address, std::size_t connections);

    const std::string& name() const { return name_; }

    // Closed loop: every connection sends a batch as soon as it has all replies to the one before, until `length` is over or `commands`
    // are at their end. Returns when the last reply has come: nothing is under way between two slices.
    slice_result run_closed(const workload& what, command_source& commands, steady_clock::duration length);

    // Open loop: a command is due every 1 / what.open_rate, on one connection after the other, however slow the replies are; its
    // latency counts from when it was due. Never sleeps, which would make it late; without a core of its own it yields. Depth 1 only.
    slice_result run_open(const workload& what, command_source& commands, steady_clock::duration length, bool own_core);

    // Stores all keys of a workload, which Redis itself must be asked for.
    void store(const workload& what, std::string_view prefix);

    // A counter of a proxy, as PROXY STATS calls it.
    std::uint64_t counter(std::string_view name);

private:
    struct connection {
        net::unique_fd socket;
        protocol::reply_framer framer;
        std::size_t reply_bytes = 0;  // of the reply under way
        std::size_t awaited = 0;  // replies of the batch under way
        std::deque<steady_clock::time_point> due = {};  // of the commands under way; open loop
    };

    void connect(const std::string& address);
    void send(connection& to, std::string_view bytes);
    // Waits at most `timeout` ms until some connections have replies: ready_.
    void wait(int timeout);
    // Reads once; returns how many replies ended.
    std::size_t receive(connection& from, const uniform_reply& reply, slice_result& result);
    std::size_t count_framed(connection& from, std::string_view bytes, slice_result& result);
    std::size_t count_uniform(connection& from, std::string_view bytes, const uniform_reply& reply);
    bool send_due(command_source& commands, const bookmaker::schedule& dues, std::uint64_t& sent, std::uint64_t last);
    [[noreturn]] void fail(const std::string& what) const;

    std::string name_;
    std::vector<connection> connections_;
    std::vector<connection*> ready_;
    net::unique_fd epoll_;
    std::vector<char> buffer_;
};

}  // namespace respgres::side_by_side
