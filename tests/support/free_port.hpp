#pragma once

#include <cstdint>

namespace respgres::tests {

// A loopback TCP port that nothing listens on, kept from all other tests for as long as this object lives (a lock file per port,
// which the kernel releases when the process dies), so that a server can be stopped and started on it again.
// Taken from below the ephemeral ports, so that no outgoing connection occupies it in between.
class reserved_port {
public:
    reserved_port();
    ~reserved_port();
    reserved_port(const reserved_port&) = delete;
    reserved_port& operator=(const reserved_port&) = delete;

    std::uint16_t number() const { return number_; }

private:
    std::uint16_t number_ = 0;
    int lock_ = -1;
};

}  // namespace respgres::tests
