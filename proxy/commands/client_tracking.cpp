#include "proxy/commands/client_tracking.hpp"

#include "protocol/commands/ignoring_case.hpp"

#include <charconv>

namespace respgres::proxy {

using protocol::equals_ignoring_case;

tracking_request read_tracking(protocol::command_words words) {
    tracking_request request;
    request.on = equals_ignoring_case(words[2], "on");
    for (std::size_t i = 3; i < words.size(); ++i) {
        if (equals_ignoring_case(words[i], "optin")) {
            request.what = tracking_request::mode::opt_in;
        } else if (equals_ignoring_case(words[i], "optout")) {
            request.what = tracking_request::mode::opt_out;
        } else if (equals_ignoring_case(words[i], "prefix")) {
            ++i;
        } else if (equals_ignoring_case(words[i], "redirect") && i + 1 < words.size()) {
            const std::string_view text = words[++i];
            std::uint64_t id = 0;
            const auto end = std::from_chars(text.data(), text.data() + text.size(), id);
            if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || id == 0) continue;
            request.redirect = id;
            request.redirect_word = i;
        }
    }
    return request;
}

std::int64_t client_tracking::redirect() const {
    if (!request_.on) return -1;
    return static_cast<std::int64_t>(request_.redirect.value_or(0));
}

std::string_view client_tracking::set_caching(std::string_view word) {
    const bool yes = equals_ignoring_case(word, "yes");
    if (!request_.on || request_.what == tracking_request::mode::all)
        return "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
    if (!yes && !equals_ignoring_case(word, "no")) return "ERR syntax error";
    if (yes && request_.what != tracking_request::mode::opt_in)
        return "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
    if (!yes && request_.what != tracking_request::mode::opt_out)
        return "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";
    next_ = yes ? caching::yes : caching::no;
    return {};
}

std::string_view client_tracking::before() const {
    switch (current_) {
        case caching::yes: return "*3\r\n$6\r\nCLIENT\r\n$7\r\nCACHING\r\n$3\r\nYES\r\n";
        case caching::no: return "*3\r\n$6\r\nCLIENT\r\n$7\r\nCACHING\r\n$2\r\nNO\r\n";
        case caching::unsaid: break;
    }
    return {};
}

}  // namespace respgres::proxy
