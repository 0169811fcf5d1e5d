#include "proxy/fills/lease_token.hpp"

#include "proxy/plants.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <sys/random.h>

namespace respgres::proxy {

std::string lease_token() {
    if (planted(plant::fixed_token)) return std::string(32, '0');
    std::array<unsigned char, 16> bytes;
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        std::abort();   // cannot fail for so few bytes once the system has started
    constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    for (const unsigned char byte : bytes) {
        token += digits[byte >> 4];
        token += digits[byte & 15];
    }
    return token;
}

std::uint32_t token_jitter(std::string_view token) {
    std::uint32_t number = 0;
    std::memcpy(&number, token.data(), std::min(token.size(), sizeof number));
    return number;
}

}  // namespace respgres::proxy
