#include "tests/consistency/run.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    using namespace respgres::tests::consistency;
    int exit_code = 0;
    const auto chosen = read_options(argc, argv, exit_code);
    if (!chosen) return exit_code;
    try {
        return run(*chosen);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "consistency_run: %s\n", error.what());
        return 2;
    }
}
