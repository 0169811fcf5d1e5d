// A query: what comes out must hold exactly the parameters that went in, each a token of its own.
#include "proxy/mappings/query_template.hpp"
#include "proxy/mappings/sql_lexer.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>

using namespace respgres::proxy;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto result = query_template::parse(text);
    if (const auto* wrong = std::get_if<query_template::problem>(&result)) {
        require(wrong->offset <= text.size() && !wrong->message.empty());
        return 0;
    }
    const auto& made = std::get<query_template>(result);
    require(made.names.size() == made.offsets.size());
    require(std::set<std::string>(made.names.begin(), made.names.end()).size() == made.names.size());
    for (std::size_t i = 0; i < made.names.size(); ++i) require(text.substr(made.offsets[i] + 1).starts_with(made.names[i]));

    std::set<std::string> numbers;
    sql_lexer lexer(made.sql);
    auto token = lexer.next(true);
    for (; token.kind != sql_token_kind::end; token = lexer.next(true)) {
        require(token.kind != sql_token_kind::bad && token.text != ";");
        if (token.kind == sql_token_kind::numbered) numbers.emplace(token.text);
    }
    require(numbers.size() == made.names.size());

    if (made.names.empty()) {
        const auto again = query_template::parse(made.sql);
        require(std::holds_alternative<query_template>(again) && std::get<query_template>(again).sql == made.sql);
    }
    return 0;
}
