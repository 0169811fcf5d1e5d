// Replaces the global operator new of this test program by one that counts.
#include "tests/unit/proxy/mappings/counted_new.hpp"

#include <cstdlib>
#include <new>

namespace respgres::tests {

namespace {
thread_local std::size_t count = 0;
}

std::size_t allocations() {
    return count;
}

static void* counted(std::size_t size) noexcept {
    ++count;
    return std::malloc(size == 0 ? 1 : size);
}

static void* counted_or_throw(std::size_t size) {
    if (void* memory = counted(size)) return memory;
    throw std::bad_alloc();
}

}  // namespace respgres::tests

void* operator new(std::size_t size) {
    return respgres::tests::counted_or_throw(size);
}
void* operator new[](std::size_t size) {
    return respgres::tests::counted_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return respgres::tests::counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return respgres::tests::counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}
