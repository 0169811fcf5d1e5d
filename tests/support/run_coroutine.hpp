#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace respgres::tests {

// Runs `work` on `context` until it ends and returns its value; other work of the context runs beside it. What it throws is thrown
// on. A hang is a failure: after `limit`, std::runtime_error; the context is then stopped and `work` is not resumed.
template <class T>
T run_coroutine(boost::asio::io_context& context, boost::asio::awaitable<T> work,
                std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    std::exception_ptr error;
    bool done = false;
    std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> value{};
    const auto finish = [&](std::exception_ptr e) {
        error = e;
        done = true;
        context.stop();
    };
    if constexpr (std::is_void_v<T>) {
        boost::asio::co_spawn(context, std::move(work), finish);
    } else {
        auto keep = [&](std::exception_ptr e, T result) {
            if (!e) value.emplace(std::move(result));
            finish(e);
        };
        boost::asio::co_spawn(context, std::move(work), std::move(keep));
    }
    context.restart();
    context.run_for(limit);
    if (!done)
        throw std::runtime_error(context.stopped() ? "the coroutine waits for something that nobody will do"
                                                   : "the coroutine did not end within " + std::to_string(limit.count()) + " ms");
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// The same on a context of its own, for an awaitable that takes its executor from where it runs.
template <class T>
T run_coroutine(boost::asio::awaitable<T> work, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    boost::asio::io_context context(1);
    return run_coroutine(context, std::move(work), limit);
}

}  // namespace respgres::tests
