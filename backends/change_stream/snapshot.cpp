#include "backends/change_stream/snapshot.hpp"

#include <algorithm>
#include <charconv>

namespace respgres::change_stream {
namespace {

// The decimal number at the front of `text`, which must be followed by `end` or, where `may_be_last`, by nothing; takes both off.
std::optional<std::uint64_t> take_number(std::string_view& text, char end, bool may_be_last) {
    std::uint64_t number = 0;
    const auto [behind, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(behind - text.data()));
    if (text.empty()) return may_be_last ? std::optional(number) : std::nullopt;
    if (text.front() != end) return std::nullopt;
    text.remove_prefix(1);
    if (may_be_last && text.empty()) return std::nullopt;   // "5," promises another
    return number;
}

}  // namespace

std::optional<snapshot> snapshot::parse(std::string_view text) {
    const auto xmin = take_number(text, ':', false);
    if (!xmin) return std::nullopt;
    const auto xmax = take_number(text, ':', false);
    if (!xmax || *xmin == 0 || *xmax < *xmin) return std::nullopt;
    snapshot made;
    made.xmin_ = *xmin;
    made.xmax_ = *xmax;
    while (!text.empty()) {
        const auto xid = take_number(text, ',', true);
        if (!xid || *xid < *xmin || *xid >= *xmax) return std::nullopt;
        if (!made.running_.empty() && *xid <= made.running_.back()) return std::nullopt;
        made.running_.push_back(*xid);
    }
    return made;
}

bool snapshot::sees(std::uint64_t xid) const {
    return xid < xmax_ && !std::binary_search(running_.begin(), running_.end(), xid);
}

std::uint64_t snapshot::widen(std::uint32_t xid) const {
    const auto behind_xmax = static_cast<std::int32_t>(xid - static_cast<std::uint32_t>(xmax_));
    // Before the first wrap of the ids there is nothing below 0: an id so far off can only be one to come.
    if (behind_xmax < 0 && std::uint64_t{0} - static_cast<std::uint64_t>(behind_xmax) > xmax_) return xid;
    return xmax_ + static_cast<std::uint64_t>(behind_xmax);
}

}  // namespace respgres::change_stream
