#pragma once

#include <string>

namespace respgres::postgres {

// "host:port/database" of a connection string, for people: no user, no password. What the string does not say is left out; empty when it cannot be read.
std::string address_of(const std::string& url);

}  // namespace respgres::postgres
