#include "proxy/commands/local_commands.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>

namespace respgres::proxy {

namespace {

// Names of the table's rows, subcommands too, that the proxy answers itself.
std::set<std::string_view> local_names() {
    std::set<std::string_view> names;
    for (const protocol::command_info& row : protocol::all_commands()) {
        if (row.how == protocol::handling::local) names.insert(row.name);
        for (const protocol::command_info& sub : row.subcommands)
            if (sub.how == protocol::handling::local) names.insert(sub.name);
    }
    return names;
}

}  // namespace

TEST_CASE("local_commands: every command that the table calls local has a handler", "[proxy]") {
    const auto names = local_names();
    CHECK(names.contains("hello"));
    CHECK(names.contains("client|setname"));
    for (const std::string_view name : names) {
        INFO(name);
        CHECK(local_commands::find(name) != nullptr);
    }
}

TEST_CASE("local_commands: every handler is of a command that the table calls local, and there is one for each name", "[proxy]") {
    const auto names = local_names();
    std::set<std::string_view> seen;
    for (const auto rows : {connection_commands(), client_commands(), proxy_commands()}) {
        CHECK_FALSE(rows.empty());
        for (const local_row& row : rows) {
            INFO(row.name);
            CHECK(names.contains(row.name));
            CHECK(row.run != nullptr);
            CHECK(seen.insert(row.name).second);
        }
    }
}

TEST_CASE("local_commands: what is not local has no handler", "[proxy]") {
    for (const char* name : {"get", "set", "", "HELLO", "client|nonsense", "multi"}) CHECK(local_commands::find(name) == nullptr);
}

}  // namespace respgres::proxy
