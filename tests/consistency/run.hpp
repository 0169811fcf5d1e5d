#pragma once

#include "tests/consistency/options.hpp"

namespace respgres::tests::consistency {

// Starts the servers, the workload and the faults, judges what was read, and prints it. The program's exit code: 0 as expected, 1 not. Throws
// std::runtime_error when the run itself failed.
int run(options chosen);

}  // namespace respgres::tests::consistency
