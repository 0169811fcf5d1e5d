#pragma once

#include "backends/redis/link_set.hpp"
#include "proxy/near/near_copy.hpp"
#include "proxy/sessions/session.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

class near_fetches;

// One GET of a key of no mapping over the near cache's connection: the reply goes to the client as it comes, and is kept. If that connection breaks, the
// client's own way is taken. Lives in the free list of near_fetches.
class near_fetch final : public redis::receiver {
public:
    explicit near_fetch(near_fetches& home) : home_(home) {}

    bool start(session& client, std::string_view key);

    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t token, const backends::failure& why) override;

private:
    enum request : std::uint64_t { get, pttl };

    void take_reply(std::string_view bytes, bool complete);
    void take_ttl(std::string_view bytes, bool complete);
    void on_done();

    near_fetches& home_;
    session* client_ = nullptr;
    session::sequence slot_ = 0;
    std::string key_;
    std::string reply_;  // while it may have another form in RESP2
    std::string ttl_reply_;
    bool is_passing_ = false;  // the reply's parts go to the client as they come
    near_copy copy_;
    std::uint32_t open_requests_ = 0;
};

// Starts them, and keeps the objects of finished ones for the next. One per worker, on its thread.
class near_fetches {
public:
    // References must outlive it, and it the last reply of the near cache's connection.
    near_fetches(near_cache& near, redis::link_set& links) : near_(near), links_(links) {}

    // Answers GET of `key`. False: the connection is away, and nothing was done.
    [[nodiscard]] bool start(session& client, std::string_view key);

private:
    friend class near_fetch;

    near_cache& near_;
    redis::link_set& links_;
    std::vector<std::unique_ptr<near_fetch>> all_;
    std::vector<near_fetch*> free_;
};

}  // namespace respgres::proxy
