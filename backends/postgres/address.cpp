#include "backends/postgres/address.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

namespace respgres::postgres {

std::string address_of(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    std::string host;
    std::string port;
    std::string database;
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host" || (keyword == "hostaddr" && host.empty()))
            host = option->val;
        else if (keyword == "port")
            port = option->val;
        else if (keyword == "dbname")
            database = option->val;
    }
    return host + (port.empty() ? "" : ":" + port) + (database.empty() ? "" : "/" + database);
}

}  // namespace respgres::postgres
