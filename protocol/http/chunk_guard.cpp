#include "protocol/http/chunk_guard.hpp"

#include <algorithm>

namespace respgres::protocol {

std::size_t chunk_guard::take(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && step_ != step::complete) {
        if (step_ == step::data) {
            const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(size_, input.size() - taken));
            taken += skipped;
            size_ -= skipped;
            if (size_ == 0) step_ = step::data_cr;
            continue;
        }
        if (framing_ == max_framing_) {
            fail(431, "the chunk sizes, extensions and trailers are too large");
            return taken;
        }
        if (!accept(input[taken])) return taken;
        ++framing_;
        ++taken;
    }
    return taken;
}

bool chunk_guard::accept(char c) {
    switch (step_) {
        case step::size: return accept_size(c);
        case step::extension: return accept_text(c, step::size_lf);
        case step::size_lf: return expect(c, '\n', step::data) && begin_data();
        case step::data_cr: return expect(c, '\r', step::data_lf);
        case step::data_lf: return expect(c, '\n', step::size);
        case step::trailer_start:
            if (c == '\r') return expect(c, '\r', step::end_lf);
            step_ = step::trailer;
            return c == ' ' || c == '\t' ? fail(400, "a trailer is continued on a second line") : accept_text(c, step::trailer_lf);
        case step::trailer: return accept_text(c, step::trailer_lf);
        case step::trailer_lf: return expect(c, '\n', step::trailer_start);
        case step::end_lf: return expect(c, '\n', step::complete);
        case step::data:
        case step::complete: break;
    }
    return false;
}

bool chunk_guard::accept_size(char c) {
    const char lower = static_cast<char>(c | 0x20);
    const bool decimal = c >= '0' && c <= '9';
    if (decimal || (lower >= 'a' && lower <= 'f')) {
        if (digits_ == 8) return fail(400, "a chunk size has more than eight digits");
        ++digits_;
        size_ = size_ * 16 + static_cast<std::uint64_t>(decimal ? c - '0' : lower - 'a' + 10);
        return true;
    }
    if (digits_ == 0 || (c != '\r' && c != ';')) return fail(400, "a chunk size is not a hexadecimal number");
    step_ = c == '\r' ? step::size_lf : step::extension;
    return true;
}

// Text of an extension or a trailer: no control characters, ended by a CR.
bool chunk_guard::accept_text(char c, step at_cr) {
    if (c == '\r') {
        step_ = at_cr;
        return true;
    }
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f')
        return fail(400, "a line of a chunked body holds a control character");
    return true;
}

bool chunk_guard::expect(char c, char wanted, step next) {
    if (c != wanted) return fail(400, "a line or chunk of a chunked body does not end with CRLF");
    step_ = next;
    return true;
}

bool chunk_guard::begin_data() {
    digits_ = 0;
    if (size_ == 0) {
        step_ = step::trailer_start;
        return true;
    }
    if (size_ > max_body_ - body_) return fail(413, "the body is too large");
    body_ += size_;
    return true;
}

bool chunk_guard::fail(int status, std::string_view reason) {
    failure_ = {status, reason};
    return false;
}

}  // namespace respgres::protocol
