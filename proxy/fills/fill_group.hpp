#pragma once

#include "proxy/fills/fill_engine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace respgres::proxy {

// Several fills at the same time, awaited together. Must outlive its wait(); one wait() per group.
class fill_group {
public:
    explicit fill_group(fill_engine& fills) : fills_(fills) {}

    void add(const mapping& source, std::string_view key, const captures& found, fill_engine::need what);

    // The outcomes, in the order of add().
    boost::asio::awaitable<std::vector<fill_outcome>> wait();

private:
    struct member final : fill_waiter {
        explicit member(fill_group& group) : home(group) {}
        void on_filled(const fill_outcome& told) noexcept override;

        fill_group& home;
        fill_outcome outcome;
    };
    using channel = boost::asio::experimental::channel<void(boost::system::error_code)>;

    fill_engine& fills_;
    std::vector<std::unique_ptr<member>> members_;
    std::size_t open_ = 0;
    std::unique_ptr<channel> all_told_;          // made by wait()
};

}  // namespace respgres::proxy
