#pragma once

#include <string>

struct ssl_st;

namespace respgres::net {

// What went wrong with a TLS session, in words that say whose fault it is and which option is about it. `error` is OpenSSL's, packed.
std::string tls_words(unsigned long error, const ssl_st& session);

}  // namespace respgres::net
