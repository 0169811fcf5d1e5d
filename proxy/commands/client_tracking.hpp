#pragma once

#include "protocol/commands/command_table.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace respgres::proxy {

// What a CLIENT TRACKING asks for, as far as the proxy must know it. Redis judges whether it is right.
struct tracking_request {
    enum class mode : std::uint8_t { all, opt_in, opt_out };

    bool on = false;
    mode what = mode::all;
    std::optional<std::uint64_t> redirect;  // a client's id
    std::size_t redirect_word = 0;          // where it stands
};

tracking_request read_tracking(protocol::command_words words);

// A client's client-side caching as it is now: which of its reads Redis shall remember is said by CLIENT CACHING for one command, or one transaction,
// which the proxy may send several times. Pure.
class client_tracking {
public:
    bool is_on() const { return request_.on; }
    void start(const tracking_request& request) { request_ = request; }
    void end() { *this = {}; }

    // CLIENT GETREDIR's number.
    std::int64_t redirect() const;

    // CLIENT CACHING: "" or the error in Redis' words.
    std::string_view set_caching(std::string_view word);
    // A command begins that is not within a transaction, and no CLIENT ...: what CLIENT CACHING said was said for this one. It may begin several times
    // before it is taken.
    void begin_command() { current_ = next_; }
    void command_taken() { next_ = caching::unsaid; }
    // What must precede the command that began last.
    std::string_view before() const;

private:
    enum class caching : std::uint8_t { unsaid, yes, no };

    tracking_request request_;
    caching next_ = caching::unsaid;
    caching current_ = caching::unsaid;
};

}  // namespace respgres::proxy
