#pragma once

#include <cstddef>

namespace respgres::tests {

// How often this thread has called operator new.
std::size_t allocations();

}  // namespace respgres::tests
