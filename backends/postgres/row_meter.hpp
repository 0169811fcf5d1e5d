#pragma once

#include <cstdint>

namespace respgres::postgres {

// How large the row is that is coming in and not complete yet. libpq keeps such a row, however large, and does not tell how much it has read.
//
// Over TCP the kernel counts. Over a Unix socket what is unread before and after a read is the least that it can have been: a weaker guard. What
// one call of PQconsumeInput reads cannot be bounded from outside, so that a fast server may get a row through: link checks complete rows, too.
class row_meter {
public:
    void before_read(int socket);
    // `is_cut`: the input ends within a row (or another message). Returns about the bytes of that row so far.
    std::uint64_t after_read(int socket, bool is_cut);

private:
    bool was_cut_ = false;
    std::uint64_t unread_before_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t read_at_start_ = 0;  // over TCP, since the connection began
};

}  // namespace respgres::postgres
