#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace respgres::bookmaker {

// "1234567" -> "1 234 567"
std::string grouped(std::uint64_t number);

// "bets      [###############...............]  50 %     500 000 of 1 000 000    612 000/s    1 s left". Pure.
std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total, std::chrono::duration<double> elapsed);

// Shows how far a piece of work is: on a terminal one line that is redrawn 10 times a second, else a line per 10 %,
// but not more than two a second.
class progress {
public:
    using clock = std::chrono::steady_clock;

    progress(std::FILE* out, std::string_view label, std::uint64_t total);

    void update(std::uint64_t done);
    void finish();   // the last line, with the average rate

private:
    void show(std::uint64_t done);

    std::FILE* out_;
    std::string label_;
    std::uint64_t total_;
    bool is_terminal_;
    std::chrono::milliseconds interval_;
    clock::time_point start_;
    clock::time_point next_show_;
    std::uint64_t next_line_;   // in rows; 0 on a terminal
};

}  // namespace respgres::bookmaker
