#pragma once

#include "backends/change_stream/lsn.hpp"
#include "backends/change_stream/timestamp.hpp"
#include "backends/errors.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respgres::change_stream {

// Reads the parts of one message of PostgreSQL's: integers in network order, texts that end with a zero byte, bytes.
//
// The first thing that is missing or wrong is remembered with its offset; from then on every read gives 0 or nothing. So the reader of a
// message reads all of its parts, and asks once. What it returns are views into the input.
class byte_reader {
public:
    explicit byte_reader(std::string_view input) : input_(input) {}

    std::uint8_t u8() { return integer<std::uint8_t>(); }
    std::uint16_t u16() { return integer<std::uint16_t>(); }
    std::uint32_t u32() { return integer<std::uint32_t>(); }
    std::uint64_t u64() { return integer<std::uint64_t>(); }
    lsn position() { return lsn{u64()}; }
    timestamp time();
    std::string_view text();
    std::string_view bytes(std::size_t count);
    std::string_view rest() { return bytes(input_.size() - at_); }

    std::size_t offset() const { return at_; }
    std::string_view since(std::size_t offset) const { return input_.substr(offset, at_ - offset); }

    // Says that what was read last is wrong; `what` is a constant text.
    void fail(std::string_view what) { fail_at(last_, what); }
    void end();   // nothing may be left
    bool failed() const { return !what_.empty(); }
    // Of protocol_error: "WHAT at byte OFFSET of CONTEXT". Only after a failure.
    backends::failure failure(std::string_view context) const;

private:
    void fail_at(std::size_t offset, std::string_view what);

    template <class Integer>
    Integer integer() {
        Integer value = 0;
        for (const char byte : bytes(sizeof(Integer)))
            value = static_cast<Integer>(std::uint64_t{value} << 8 | static_cast<unsigned char>(byte));
        return value;
    }

    std::string_view input_;
    std::size_t at_ = 0;
    std::size_t last_ = 0;   // where the part that was read last begins
    std::string_view what_;
    std::size_t wrong_at_ = 0;
};

}  // namespace respgres::change_stream
