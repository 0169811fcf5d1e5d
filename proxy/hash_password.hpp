#pragma once

#include <cstdint>

namespace respgres::proxy {

// `respgres hash-password`: reads a password, from the terminal without echo (twice) or else the first line of standard input, and prints what stands in
// a users file for it. Never takes it as an argument, which every user of the machine could see. Returns the process's exit code.
int hash_password(std::uint32_t iterations);

}  // namespace respgres::proxy
