#pragma once

#include <cstdint>
#include <string_view>

namespace respgres::change_stream {

// The value of one column in one row, as far as the change stream tells it. A view.
struct cell {
    enum class form : std::uint8_t {
        unknown,     // not told: a column outside the replica identity, in the row as it was
        unchanged,   // not told, since a large (TOASTed) value is the same as before
        null,
        text,        // as the type's output function writes it
        binary,      // as its send function does
    };

    form how = form::unknown;
    std::string_view bytes;

    bool is_known() const { return how >= form::null; }
    bool operator==(const cell&) const = default;
};

}  // namespace respgres::change_stream
