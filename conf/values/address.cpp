#include "conf/values/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string>

namespace respgres::conf {

namespace {

bool is_host_letter(char letter) {
    return is_digit(letter) || (lower(letter) >= 'a' && lower(letter) <= 'z') || letter == '.' || letter == '-' || letter == '_';
}

// "fe80::1%eth0" names its interface.
bool is_ipv6(const std::string& host) {
    const auto percent = host.find('%');
    in6_addr address{};
    if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &address) != 1) return false;
    if (percent == std::string::npos) return true;
    const std::string interface = host.substr(percent + 1);
    return !interface.empty() && interface.size() < IF_NAMESIZE && std::all_of(interface.begin(), interface.end(), is_host_letter);
}

bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f';
}

}  // namespace

complaint read_host_and_port(std::string_view text, std::optional<std::uint16_t> default_port, endpoint& out) {
    const bool bracketed = text.starts_with('[');
    const auto host_end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && host_end == std::string_view::npos) return "the bracket is not closed; write [::1]:PORT";
    const std::string host{bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end)};
    auto rest = host_end == std::string_view::npos ? std::string_view{} : text.substr(host_end + (bracketed ? 1 : 0));

    if (!bracketed && rest.find(':', 1) != std::string_view::npos) return "an IPv6 address needs brackets; write [::1]:PORT";
    if (host.empty()) return "the host is missing; write HOST:PORT";
    if (bracketed ? !is_ipv6(host) : !std::all_of(host.begin(), host.end(), is_host_letter))
        return bracketed ? "there is no IPv6 address between the brackets" : "the host is not a name or an address";
    if (rest.empty() && !default_port) return "the port is missing; write HOST:PORT";
    if (!rest.empty() && !rest.starts_with(':')) return "only :PORT may follow the bracket";
    const auto port = rest.empty() ? default_port : read_number<std::uint16_t>(rest.substr(1));
    if (!port) return "the port is not a number from 0 to 65535";
    out.host = host;
    out.port = *port;
    return {};
}

complaint read_socket_path(std::string_view path, endpoint& out) {
    if (!path.starts_with('/') || path == "/") return "the path of a Unix socket must be absolute; write unix:/path";
    if (path.size() > longest_socket_path) return "the path of a Unix socket has at most " + std::to_string(longest_socket_path) + " bytes";
    if (std::any_of(path.begin(), path.end(), is_control)) return "the path of a Unix socket contains a control character";
    out.path = path;
    return {};
}

complaint read_listen_address(std::string_view text, endpoint& out) {
    constexpr std::string_view unix_prefix = "unix:";
    constexpr std::string_view tls_prefix = "tls:";
    endpoint read;
    complaint wrong;
    if (text.starts_with(unix_prefix)) {
        wrong = read_socket_path(text.substr(unix_prefix.size()), read);
    } else if (text.starts_with(tls_prefix)) {
        read.tls = true;
        wrong = read_host_and_port(text.substr(tls_prefix.size()), {}, read);
    } else {
        wrong = read_host_and_port(text, {}, read);
    }
    if (!wrong.empty()) return quote(text) + ": " + wrong;
    out = std::move(read);
    return {};
}

}  // namespace respgres::conf
