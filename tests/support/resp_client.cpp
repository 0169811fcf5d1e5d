#include "tests/support/resp_client.hpp"

#include "protocol/resp/reply_framer.hpp"

#include <stdexcept>
#include <utility>

namespace respgres::tests {

std::string resp_client::encode(const std::vector<std::string>& words) {
    // Appended piece by piece: for "text" + std::to_string(), g++ 12 warns of memory that it imagines to overlap.
    std::string out;
    out.append("*").append(std::to_string(words.size())).append("\r\n");
    for (const auto& word : words) out.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
    return out;
}

std::string resp_client::call(const std::vector<std::string>& words) {
    return call_raw(encode(words));
}

std::string resp_client::call_raw(std::string_view bytes) {
    send_raw(bytes);
    return read_reply();
}

std::string resp_client::read_reply() {
    using status = protocol::reply_framer::status;
    protocol::reply_framer framer;
    for (std::size_t taken = 0;;) {
        const auto piece = framer.next(std::string_view(buffer_).substr(taken));
        taken += piece.length;
        if (piece.state == status::malformed)
            throw std::runtime_error("no RESP (" + std::string(framer.error()) + "): '" + buffer_.substr(0, 200) + "'");
        if (piece.state == status::complete) {
            auto reply = buffer_.substr(0, taken);
            buffer_.erase(0, taken);
            return reply;
        }
        if (!stream_.read_some(buffer_)) throw std::runtime_error("closed within a reply: '" + buffer_.substr(0, 200) + "'");
    }
}

std::string resp_client::read_all_until_close() {
    while (stream_.read_some(buffer_)) {
    }
    return std::exchange(buffer_, {});
}

bool resp_client::closed_within(int milliseconds) {
    if (!buffer_.empty()) throw std::runtime_error("unread: '" + buffer_.substr(0, 200) + "'");
    if (!stream_.readable_within(std::chrono::milliseconds(milliseconds))) return false;
    if (stream_.read_some(buffer_)) throw std::runtime_error("bytes came: '" + buffer_.substr(0, 200) + "'");
    return true;
}

std::string bulk_text(std::string_view reply) {
    const auto end = reply.find("\r\n");
    const bool verbatim = reply.starts_with('=');
    if ((!reply.starts_with('$') && !verbatim) || reply.starts_with("$-1") || end == reply.npos || reply.size() < end + 4)
        throw std::runtime_error("no bulk: '" + std::string(reply.substr(0, 200)) + "'");
    const std::size_t skip = end + 2 + (verbatim ? 4 : 0);   // "txt:"
    return std::string(reply.substr(skip, reply.size() - skip - 2));
}

}  // namespace respgres::tests
