#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The query as the body of a view: each $n is a NULL of its type, the n-th of `types`, as SQL takes them. The columns' names do not matter, and may be
// there twice, which a view does not take.
std::string probe_view(std::string_view sql, const std::vector<std::string>& types);

// The names in `sql` that are called, and the keywords that are functions without parentheses (current_date); in lower case, each once. Among them are some
// that are no functions.
std::vector<std::string> called_names(std::string_view sql);

// Whether it tells the time or date: built in, and not volatile for PostgreSQL, since it stays the same within a transaction.
bool tells_time(std::string_view function);

}  // namespace respgres::proxy
