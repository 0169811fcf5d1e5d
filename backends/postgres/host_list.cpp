#include "backends/postgres/host_list.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string_view>

namespace respgres::postgres {
namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> items;
    for (;;) {
        const auto comma = list.find(',');
        items.emplace_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return items;
        list.remove_prefix(comma + 1);
    }
}

bool is_host_name(const std::string& host) {
    if (host.empty() || host.front() == '/' || host.front() == '@') return false;   // Unix sockets, the latter an abstract one
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    return static_cast<bool>(error);
}

}  // namespace

std::optional<host_list> host_list::of(const connect_parameters& parameters) {
    if (!parameters.get("hostaddr").empty()) return std::nullopt;
    const auto hosts = split(parameters.get("host"));
    const auto ports = split(parameters.get("port"));
    if (ports.size() != 1 && ports.size() != hosts.size()) return std::nullopt;   // libpq will say so
    host_list list;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        auto& added = list.entries.emplace_back();
        added.host = hosts[i];
        added.port = ports.size() == 1 ? ports[0] : ports[i];
        added.is_name = is_host_name(hosts[i]);
    }
    const bool any_name = std::any_of(list.entries.begin(), list.entries.end(), [](const entry& e) { return e.is_name; });
    return any_name ? std::optional(std::move(list)) : std::nullopt;
}

bool host_list::write_to(connect_parameters& parameters) const {
    std::string hosts, addresses, ports;
    bool first = true;
    const auto append = [&](const entry& each, const std::string& address) {
        if (!std::exchange(first, false)) {
            hosts += ',';
            addresses += ',';
            ports += ',';
        }
        hosts += each.host;
        addresses += address;
        ports += each.port;
    };
    for (const auto& each : entries) {
        if (!each.is_name) append(each, {});
        for (const auto& address : each.addresses) append(each, address);
    }
    if (first) return false;
    parameters.set("host", hosts);
    parameters.set("hostaddr", addresses);
    parameters.set("port", ports);
    return true;
}

}  // namespace respgres::postgres
