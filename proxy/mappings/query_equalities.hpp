#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// The conditions `column = $n` that every row has which a query reads, as far as its text says so for certain. Never guesses: of a query that is not
// plainly SELECT ... FROM one_table WHERE condition AND condition ..., nothing is known. What PostgreSQL does with the rows afterwards (GROUP BY, window
// functions, LIMIT) does not matter.
struct query_equalities {
    struct equality {
        std::string column;  // as the catalogue has it: lower case unless it was quoted
        std::size_t parameter;  // n - 1
    };

    std::vector<equality> all;
    std::string why_not;  // "has a subquery": the text has another form, `all` is empty; empty: it has that form
};

// `sql` with $1, $2 ..., as mapping::statement has it.
query_equalities equalities_of(std::string_view sql);

}  // namespace respgres::proxy
