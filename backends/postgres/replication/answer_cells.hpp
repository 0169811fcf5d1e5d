#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/postgres/session.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace respgres::postgres {

// Reads the columns of one row of an answer in order. NULL where it is not allowed, and what cannot be read, make it fail.
class answer_cells {
public:
    explicit answer_cells(const session::row& row) : row_(row) {}

    // False: the row has another width than was read, or something could not be read.
    bool all_read() const { return !failed_ && at_ == row_.size(); }

    bool is_null() const { return at_ < row_.size() && !row_[at_]; }
    void skip() { ++at_; }

    std::string text() {
        if (at_ >= row_.size() || !row_[at_]) return fail(), ++at_, std::string();
        return *row_[at_++];
    }

    template <class Number>
    Number number() {
        const std::string digits = text();
        Number read{};
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read);
        if (error != std::errc() || end != digits.data() + digits.size()) fail();
        return read;
    }

    bool boolean() {
        const std::string read = text();
        if (read != "t" && read != "f") fail();
        return read == "t";
    }

    change_stream::lsn position() { return parsed<change_stream::lsn>(&change_stream::parse_lsn); }

    // What `parse`, which returns an optional, makes of the text.
    template <class Value, class Parse>
    Value parsed(Parse parse) {
        auto read = parse(text());
        if (!read) fail();
        return read ? std::move(*read) : Value();
    }

    // What `read` (a member function of this class) makes of it, or nothing for NULL.
    template <class Value>
    std::optional<Value> unless_null(Value (answer_cells::*read)()) {
        if (!is_null()) return (this->*read)();
        skip();
        return std::nullopt;
    }

private:
    void fail() { failed_ = true; }

    const session::row& row_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace respgres::postgres
