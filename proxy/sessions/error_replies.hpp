#pragma once

#include "backends/errors.hpp"
#include "conf/settings.hpp"
#include "proxy/mappings/mapping.hpp"

#include <string>
#include <string_view>

namespace respgres::proxy {

// The one place that words the proxy's own errors to clients. All return the text without the leading '-' and the line end; none holds a server's words,
// which may tell user data or the inside of the database.

// A command for Redis got no reply. `writes`: it may have changed something.
std::string redis_failure_text(const backends::failure& why, bool writes);

// A command that needs a connection of its own got none.
std::string dedicated_failure_text(const backends::failure& why);

// A mapped key could not be filled.
std::string fill_failure_text(const mapping& source, const backends::failure& why);

// A mapped key was filled again and again, and dropped each time before it could be read.
std::string contended_text(const mapping& source);

// It cannot be proved that what Redis holds is fresh (`why`), and PostgreSQL is not asked instead.
std::string unproven_text(const mapping& source, std::string_view why);

// A key has a mapping's form, but a capture does not convert.
std::string invalid_capture_text(std::string_view key, const captures& found);

// A command that speaks of a mapping was given another key.
std::string unmapped_text(std::string_view key);

// A client's write to a key that is filled from PostgreSQL.
std::string readonly_text(std::string_view key, const mapping& source);

}  // namespace respgres::proxy
