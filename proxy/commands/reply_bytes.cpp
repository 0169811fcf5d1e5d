#include "proxy/commands/reply_bytes.hpp"

#include "protocol/resp/reply_framer.hpp"
#include "protocol/resp/reply_writer.hpp"

namespace respgres::proxy {

std::string error_reply(std::string_view text) {
    std::string out;
    protocol::reply_writer(out, protocol::resp_version::resp2).error(text);
    return out;
}

bool is_nil(std::string_view reply) {
    return reply == "$-1\r\n" || reply == "_\r\n";
}

std::vector<std::string> elements_of(std::string_view reply, std::size_t expected) {
    const std::string header = "*" + std::to_string(expected) + "\r\n";
    std::vector<std::string> elements;
    if (!reply.starts_with(header)) return elements;
    reply.remove_prefix(header.size());
    protocol::reply_framer framer;
    while (!reply.empty()) {
        const std::size_t length = framer.next(reply).length;
        elements.emplace_back(reply.substr(0, length));
        reply.remove_prefix(length);
    }
    return elements;
}

}  // namespace respgres::proxy
