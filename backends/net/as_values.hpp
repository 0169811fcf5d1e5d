#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace respgres::net {

// A completion token: the awaited operation's results as a tuple, its error_code among them; nothing is thrown.
inline constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace respgres::net
