#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace respgres::proxy {

// A query with `:name` parameters, rewritten to `$1` ... A name that occurs twice is one parameter.
//
// Knows PostgreSQL's lexical rules as far as they decide where a parameter can stand: strings ('', E'', U&'', $tag$...$tag$), quoted
// identifiers, comments (nested), casts (::), array slices, and `:=`. A `$n` of the user's, a second statement, and anything that does
// not begin with SELECT, WITH, VALUES or TABLE is a problem, as are DML words at the top of a WITH, SELECT INTO, and FOR UPDATE and its
// kin. That is help with mistakes, not a guard: the sessions are read-only.
//
// Within [ ], `a:b` after an operand is a slice to the column b, as PostgreSQL reads it; a slice with parameters is written `[:a :
// :b]`. Comments are kept (planner hints live there); the sql ends before a final `;`.
struct query_template {
    struct problem {
        std::size_t offset;
        std::string message;
    };   // offset into the query's text

    std::string sql;
    std::vector<std::string> names;      // names[i] is bound to $(i+1)
    std::vector<std::size_t> offsets;    // offsets[i]: where names[i] is first used in the text

    static std::variant<query_template, problem> parse(std::string_view text);
};

}  // namespace respgres::proxy
