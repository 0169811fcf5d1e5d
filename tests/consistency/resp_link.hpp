#pragma once

#include "tests/support/resp_client.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace respgres::tests::consistency {

// A Redis connection that is opened when it is needed, and again after it broke. Not thread-safe.
class resp_link {
public:
    explicit resp_link(std::uint16_t port) : port_(port) {}

    // Sends what is whole commands in RESP, and hands each of the `replies` to `take(reply)`. False if the connection broke or could not be made.
    template <class Take>
    bool exchange(const std::string& commands, std::size_t replies, Take take) {
        try {
            if (!client_) client_.emplace(port_);
            client_->send_raw(commands);
            for (std::size_t i = 0; i < replies; ++i) take(client_->read_reply());
            return true;
        } catch (const std::runtime_error&) {
            client_.reset();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // who it was is perhaps being started again
            return false;
        }
    }

    // The reply to one command; nothing if the connection broke.
    std::optional<std::string> call(const std::vector<std::string>& words) {
        std::string reply;
        if (!exchange(resp_client::encode(words), 1, [&reply](std::string came) { reply = std::move(came); })) return std::nullopt;
        return reply;
    }

private:
    std::uint16_t port_;
    std::optional<resp_client> client_;
};

}  // namespace respgres::tests::consistency
