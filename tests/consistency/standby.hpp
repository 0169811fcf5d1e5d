#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

namespace respgres::tests::consistency {

// A synchronous standby for every commit: pg_receivewal, which is stopped for some ten milliseconds several times a second. While a commit waits for it,
// the transaction is in the change stream but not visible: what is rare and short otherwise can then be waited for.
class standby {
public:
    standby(postgres_server& server, std::uint64_t seed);
    ~standby();

private:
    void stutter(std::uint64_t seed);

    postgres_server& server_;
    temporary_directory directory_;
    std::optional<child_process> process_;
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

}  // namespace respgres::tests::consistency
