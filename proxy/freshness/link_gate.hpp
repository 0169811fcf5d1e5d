#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/redis/link.hpp"
#include "proxy/freshness/freshness_gate.hpp"
#include "proxy/freshness/freshness_news.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::proxy {

// The gate of one shared connection to Redis, which asks for the watermark over it again and again. Not thread-safe: the link's worker.
class link_gate final : public redis::receiver {
public:
    using time_point = freshness_gate::time_point;

    // `mark`: the watermark's name. The references must outlive the gate, and the gate the link's last reply.
    link_gate(redis::link& link, std::string_view mark, freshness_news& news);

    // Asks for the watermark, unless an answer is still due.
    void ask();
    // Redis has other data than before: nothing is proved until the answer to a question that is sent from now on.
    void distrust();

    bool is_open(time_point now, std::chrono::milliseconds bound) const { return gate_.is_open(now, bound, link_.generation()); }
    // `position` = 0: nothing is asked for.
    bool has_reached(change_stream::lsn position) const {
        return position.value == 0 || (gate_.has_reached(position) && gate_.generation() == link_.generation());
    }
    freshness_gate::state why(time_point now, std::chrono::milliseconds bound) const { return gate_.why(now, bound, link_.generation()); }
    const freshness_gate& about() const { return gate_; }
    const redis::link& link() const { return link_; }

    void on_reply(std::uint64_t token, std::string_view bytes, bool complete) override;
    void on_failure(std::uint64_t token, const backends::failure& why) override;

private:
    redis::link& link_;
    freshness_news& news_;
    freshness_gate gate_;
    std::string question_;
    std::string reply_;
    std::uint64_t asked_on_ = 0;   // the link's generation
    bool is_asking_ = false;
    bool answer_is_void_ = false;  // to the question that was sent
};

}  // namespace respgres::proxy
