#include "protocol/resp/reply_framer.hpp"

#include "protocol/resp/length_line.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace respgres::protocol {

namespace {

enum class shape : std::uint8_t { unknown, line, bulk, aggregate };

struct type_rule {
    shape how = shape::unknown;
    bool nullable = false;              // RESP2's -1
    std::uint8_t elements_each = 1;     // aggregate: elements per count
};

constexpr std::array<type_rule, 256> make_rules() {
    std::array<type_rule, 256> rules{};
    for (const char type : {'+', '-', ':', '_', '#', ',', '('}) rules[static_cast<unsigned char>(type)] = {shape::line};
    for (const char type : {'$', '!', '='}) rules[static_cast<unsigned char>(type)] = {shape::bulk, type == '$'};
    for (const char type : {'*', '~', '>', '%', '|'})
        rules[static_cast<unsigned char>(type)] = {shape::aggregate, type == '*',
                                                   static_cast<std::uint8_t>(type == '%' || type == '|' ? 2 : 1)};
    return rules;
}

constexpr std::array<type_rule, 256> rules = make_rules();

const type_rule& rule_of(char type) {
    return rules[static_cast<unsigned char>(type)];
}

}  // namespace

reply_framer::piece reply_framer::next(std::string_view input) {
    if (!error_.empty()) [[unlikely]]
        return {0, status::malformed};
    if (remaining_[0] == 0) {   // the last reply has ended
        remaining_[0] = 1;
        type_ = 0;
    }

    const char* at = input.data();
    const char* const end = at + input.size();
    while (at != end) {
        switch (step_) {
            case step::type:
                if (!take_whole_bulk(at, end)) read_type(at);
                break;
            case step::line:
            case step::line_lf: read_line(at, end); break;
            case step::length:
            case step::length_lf: read_length(at, end); break;
            case step::payload: skip_payload(at, end); break;
            case step::payload_end: read_payload_end(at); break;
        }
        const auto taken = static_cast<std::size_t>(at - input.data());
        if (!error_.empty()) [[unlikely]]
            return {taken, status::malformed};
        if (remaining_[0] == 0) return {taken, status::complete};
    }
    return {input.size(), status::incomplete};
}

// Null: not all is there, or it is not right.
inline const char* reply_framer::end_of_bulk(const char* at, const char* end) {
    const length_line length = read_length_line(at + 1, end);
    if (length.state != length_line::status::complete) return nullptr;
    const auto there = static_cast<std::uint64_t>(end - length.end);
    if (there < 2 || there - 2 < length.value) return nullptr;
    const char* const payload_end = length.end + length.value;
    return payload_end[0] == '\r' && payload_end[1] == '\n' ? payload_end + 2 : nullptr;
}

// The common case in one step: a bulk string that is there to its end. Anything else, errors too, goes the long way.
bool reply_framer::take_whole_bulk(const char*& at, const char* end) {
    const char* const behind = *at == '$' ? end_of_bulk(at, end) : nullptr;
    if (behind == nullptr) return false;
    if (depth_ == 0) type_ = '$';
    at = behind;
    end_element();
    return true;
}

std::size_t reply_framer::whole_reply(std::string_view input) {
    constexpr std::size_t longest_line = 32;
    const char* const begin = input.data();
    const char* const end = begin + input.size();
    if (*begin == '$') {
        const char* const behind = end_of_bulk(begin, end);
        return behind != nullptr ? static_cast<std::size_t>(behind - begin) : 0;
    }
    if (*begin != '+' && *begin != ':') return 0;
    const std::size_t last = std::min(input.size(), longest_line);
    for (std::size_t at = 1; at + 1 < last; ++at) {
        if (begin[at] == '\n') return 0;
        if (begin[at] == '\r') return begin[at + 1] == '\n' ? at + 2 : 0;
    }
    return 0;
}

void reply_framer::read_type(const char*& at) {
    const shape how = rule_of(*at).how;
    if (how == shape::unknown) return fail("unknown type byte");
    if (depth_ == 0 && *at != '|') type_ = *at;
    // An attribute stands before the element that it speaks of, in an aggregate as well, and is none of its elements.
    if (*at == '|')
        ++remaining_[depth_];
    else if (*at == '>' && depth_ != 0)
        return fail("push inside a reply");

    element_ = *at++;
    number_ = 0;
    digits_ = 0;
    negative_ = false;
    step_ = how == shape::line ? step::line : step::length;
}

void reply_framer::read_line(const char*& at, const char* end) {
    if (step_ == step::line) {
        while (at != end && *at != '\r' && *at != '\n') ++at;
        if (at == end) return;
        if (*at == '\n') return fail("LF without CR in a line");
        ++at;
        step_ = step::line_lf;
        if (at == end) return;
    }
    if (*at != '\n') return fail("CR without LF in a line");
    ++at;
    end_element();
}

void reply_framer::read_length(const char*& at, const char* end) {
    if (step_ == step::length) {
        if (*at == '-' && digits_ == 0 && !negative_ && rule_of(element_).nullable) {
            negative_ = true;
            ++at;
        }
        for (; at != end; ++at, ++digits_) {
            const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
            if (digit > 9) break;
            if (digits_ == max_length_digits || (digits_ != 0 && number_ == 0)) return fail("invalid length");
            number_ = number_ * 10 + digit;
        }
        if (at == end) return;
        if (*at != '\r' || digits_ == 0) return fail("invalid length");
        ++at;
        step_ = step::length_lf;
        if (at == end) return;
    }
    if (*at != '\n') return fail("invalid length");
    ++at;
    begin_counted();
}

// The length or count is complete: what comes behind it?
void reply_framer::begin_counted() {
    if (negative_) return number_ == 1 ? end_element() : fail("invalid length");
    if (number_ > std::numeric_limits<std::int64_t>::max())   // twice that still fits, for maps
        return fail("invalid length");

    const type_rule& rule = rule_of(element_);
    if (rule.how == shape::bulk) {
        payload_ = number_;
        payload_end_ = 0;
        step_ = payload_ == 0 ? step::payload_end : step::payload;
        return;
    }
    if (depth_ == max_depth) return fail("nested too deeply");
    if (number_ == 0) return end_element();
    remaining_[++depth_] = number_ * rule.elements_each;
    step_ = step::type;
}

void reply_framer::skip_payload(const char*& at, const char* end) {
    const auto there = static_cast<std::uint64_t>(end - at);
    const std::uint64_t skipped = std::min(there, payload_);
    at += skipped;
    payload_ -= skipped;
    if (payload_ == 0) step_ = step::payload_end;
}

void reply_framer::read_payload_end(const char*& at) {
    if (*at != "\r\n"[payload_end_]) return fail("bulk not followed by CRLF");
    ++at;
    if (++payload_end_ == 2) end_element();
}

void reply_framer::end_element() {
    step_ = step::type;
    while (--remaining_[depth_] == 0 && depth_ != 0) --depth_;
}

}  // namespace respgres::protocol
