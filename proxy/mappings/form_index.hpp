#pragma once

#include "proxy/mappings/key_pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace respgres::proxy {

enum class byte_set : std::uint8_t { one_byte, digit, hex, any };
enum class times : std::uint8_t { once, at_most_once, at_least_once };

// The keys that a pattern can have with valid captures are described by a row of these: its form. A little more than those keys: the
// form knows nothing of first occurrences, leading zeros, sizes and the calendar.
struct element {
    byte_set set = byte_set::one_byte;
    char byte = 0;                               // of one_byte
    times how_often = times::once;

    bool operator==(const element&) const = default;
};

using form = std::vector<element>;

form form_of(const key_pattern& pattern);

// Many forms in one tree, and the question which of them shares a key with another form: a walk over pairs of a place in that form and
// a node of the tree, so that forms that begin alike are followed together.
class form_index {
public:
    // Of two equal forms, the first one's id stays.
    void add(std::span<const element> what, std::size_t id);

    struct answer {
        bool is_complete = true;                 // false: gave up after `most_steps`
        std::optional<std::size_t> id;           // one of the forms that share a key with the one that was asked about
        std::string key;                         // such a key
    };
    answer search(std::span<const element> what, std::size_t most_steps) const;

private:
    using node_number = std::uint32_t;
    static constexpr node_number none = 0xffff'ffff;
    static constexpr std::size_t no_id = static_cast<std::size_t>(-1);

    struct node {
        element what;                            // that leads here from the parent
        node_number first_child = none;
        node_number next_sibling = none;
        std::size_t id = no_id;                  // of the form that ends here
    };
    class walk;

    std::vector<node> nodes_{1};
};

}  // namespace respgres::proxy
