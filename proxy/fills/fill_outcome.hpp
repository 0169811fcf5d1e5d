#pragma once

#include "backends/errors.hpp"
#include "proxy/values/value.hpp"

#include <chrono>
#include <memory>

namespace respgres::proxy {

// How a fill ended for those who waited for it.
struct fill_outcome {
    enum class kind {
        answered,   // `filled` is the answer (also absent_value)
        present,    // Redis holds the key after all: ask it
        failed,     // `why` tells
    };

    kind how = kind::failed;
    std::shared_ptr<const value> filled;
    std::chrono::milliseconds left{0};   // the TTL that the key has left
    bool stored = false;                 // Redis holds the value
    backends::failure why;
};

// Who waits for a fill. Called once, on the worker's thread; must live until then. noexcept: who is not told would hang its client for ever.
class fill_waiter {
public:
    virtual void on_filled(const fill_outcome& outcome) noexcept = 0;

protected:
    ~fill_waiter() = default;
};

}  // namespace respgres::proxy
