#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::proxy {

// 128 bits from the system's cryptographic generator, as hex: nobody else has or guesses it.
std::string lease_token();

// A number from a token, to keep the polls of several proxies apart.
std::uint32_t token_jitter(std::string_view token);

}  // namespace respgres::proxy
