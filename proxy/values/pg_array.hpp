#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Takes PostgreSQL's text form of an array, such as `{1,NULL,"a b"}` or `[0:1][1:2]={{a,b},{c,d}}`, apart: one token per call, one pass.
// Lower bounds are skipped. Reads what array_out writes, which puts no space between tokens; array_in takes more.
class array_reader {
public:
    enum class token : std::uint8_t { open, close, separator, element, null, end, malformed };

    // `literal` must outlive the reader. `delimiter` is that of the element type: ',' for all but box.
    array_reader(std::string_view literal, char delimiter);

    // `end` and `malformed` are final.
    token next();

    // The text of the element that next() returned last, quotes and backslashes taken away. Valid until next() is called again.
    std::string_view element() const { return element_; }

private:
    token fail();
    token read_value();
    token read_quoted();
    token read_bare();

    std::string_view rest_;
    std::string unescaped_;        // of an element that has backslashes
    std::string_view element_;
    char delimiter_;
    std::uint8_t depth_ = 0;
    bool wants_value_ = true;      // an element or a '{' must come
    bool may_close_ = false;       // right behind '{': the array may be empty
    bool malformed_ = false;
};

}  // namespace respgres::proxy
