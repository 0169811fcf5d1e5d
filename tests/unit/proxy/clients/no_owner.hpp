#pragma once

#include "proxy/clients/client_record.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace respgres::tests {

// A client's owner that only notes what is asked of it. One thread.
struct no_owner final : proxy::client_owner {
    void request_close(std::uint64_t client) override { closed.push_back(client); }
    void request_invalidation(std::uint64_t client, std::string keys) override { invalidated.emplace_back(client, std::move(keys)); }

    std::vector<std::uint64_t> closed;
    std::vector<std::pair<std::uint64_t, std::string>> invalidated;
};

}  // namespace respgres::tests
