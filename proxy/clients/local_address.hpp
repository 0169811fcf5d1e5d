#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace respgres::proxy {

// Where clients come in: "127.0.0.1:6380", or a Unix socket's path and ":0". All clients that came in there share it. Any thread.
struct local_address : boost::intrusive_ref_counter<local_address> {
    explicit local_address(std::string words) : text(std::move(words)) {}

    const std::string text;
};

using local_address_ptr = boost::intrusive_ptr<const local_address>;

// The addresses at which clients came in last: a port that is bound to no address has several. Not thread-safe.
class local_addresses {
public:
    // The known one of that text, or a new one.
    local_address_ptr get(std::string text);

private:
    static constexpr std::size_t most = 16;  // that are known

    std::vector<local_address_ptr> known_;
    std::size_t oldest_ = 0;
};

}  // namespace respgres::proxy
