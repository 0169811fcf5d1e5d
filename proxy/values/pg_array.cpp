#include "proxy/values/pg_array.hpp"

namespace respgres::proxy {

namespace {

constexpr std::uint8_t max_dimensions = 6;   // PostgreSQL's MAXDIM

}  // namespace

array_reader::array_reader(std::string_view literal, char delimiter) : rest_(literal), delimiter_(delimiter) {
    if (!rest_.starts_with('[')) return;
    const std::size_t bounds = rest_.find('=');
    rest_.remove_prefix(bounds == std::string_view::npos ? 0 : bounds + 1);   // without '=', next() finds '[' and fails
}

array_reader::token array_reader::fail() {
    malformed_ = true;
    return token::malformed;
}

array_reader::token array_reader::next() {
    if (malformed_) return token::malformed;
    if (rest_.empty()) return depth_ == 0 && !wants_value_ ? token::end : fail();

    const char c = rest_.front();
    if (wants_value_ && !(c == '}' && may_close_)) return read_value();
    if (depth_ == 0 || (c != '}' && c != delimiter_)) return fail();

    rest_.remove_prefix(1);
    may_close_ = false;
    wants_value_ = c == delimiter_;
    if (wants_value_) return token::separator;
    --depth_;
    return token::close;
}

array_reader::token array_reader::read_value() {
    if (rest_.front() == '{') {
        if (depth_ == max_dimensions) return fail();
        ++depth_;
        rest_.remove_prefix(1);
        may_close_ = true;
        return token::open;
    }
    if (depth_ == 0) return fail();
    may_close_ = false;
    wants_value_ = false;
    return rest_.front() == '"' ? read_quoted() : read_bare();
}

array_reader::token array_reader::read_quoted() {
    rest_.remove_prefix(1);
    std::size_t stop = rest_.find_first_of("\"\\");
    if (stop != std::string_view::npos && rest_[stop] == '"') {
        element_ = rest_.substr(0, stop);
        rest_.remove_prefix(stop + 1);
        return token::element;
    }

    unescaped_.clear();
    while (stop != std::string_view::npos && rest_[stop] == '\\' && stop + 1 < rest_.size()) {
        unescaped_.append(rest_, 0, stop).push_back(rest_[stop + 1]);
        rest_.remove_prefix(stop + 2);
        stop = rest_.find_first_of("\"\\");
    }
    if (stop == std::string_view::npos || rest_[stop] != '"') return fail();
    unescaped_.append(rest_, 0, stop);
    rest_.remove_prefix(stop + 1);
    element_ = unescaped_;
    return token::element;
}

array_reader::token array_reader::read_bare() {
    std::size_t length = 0;
    for (; length < rest_.size(); ++length) {
        const char c = rest_[length];
        if (c == delimiter_ || c == '}') break;
        if (c == '{' || c == '"' || c == '\\') return fail();
    }
    if (length == 0) return fail();
    element_ = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return element_ == "NULL" ? token::null : token::element;
}

}  // namespace respgres::proxy
