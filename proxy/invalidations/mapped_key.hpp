#pragma once

#include "proxy/mappings/key_pattern.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The key that a pattern takes `values` out of. A key that has the pattern's form is made again from what match() took out of it; values that no key
// can have make a key that is nobody's.
std::string make_key(std::span<const key_pattern::segment> segments, std::span<const std::string_view> values);

// Whether some key can have this value, for PostgreSQL's text of a column's value.
inline bool can_be_captured(std::string_view text) {
    return !text.empty() && text.size() <= key_pattern::max_text_capture_bytes;
}

// Whether a key is written as the change stream writes its values. A uuid in a key can have upper-case digits, and PostgreSQL finds its row; but a change of
// the row drops the key in lower case only. So a key that is not canonical, of a mapping that follows changes, is answered without being stored.
bool is_canonical(const key_pattern& pattern, const captures& found);

}  // namespace respgres::proxy
