#include "backends/errors.hpp"

#include <boost/system/system_error.hpp>

namespace respgres::backends {
namespace {

struct message {
    errc code;
    const char* text;
};

constexpr message messages[] = {
    {errc::not_connected, "There is no connection to the server."},
    {errc::connection_lost, "The connection to the server was lost while it worked on the request."},
    {errc::timed_out, "The time limit passed."},
    {errc::too_many_waiting, "Too many requests wait for a connection already."},
    {errc::cancelled, "The request was given up."},
    {errc::result_too_large, "The result is larger than the limit."},
    {errc::protocol_error, "The server sent something that it must not send."},
    {errc::server_error, "The server refused the request."},
    {errc::invalid_parameter, "A parameter has a value that the server cannot convert."},
};

class backend_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "respgres.backends"; }

    std::string message(int value) const override {
        for (const auto& known : messages)
            if (static_cast<int>(known.code) == value) return known.text;
        return "Unknown error " + std::to_string(value) + ".";
    }
};

}  // namespace

const boost::system::error_category& category() {
    static const backend_category one;
    return one;
}

boost::system::error_code make_error_code(errc code) {
    return {static_cast<int>(code), category()};
}

void throw_exception_from_error(const failure& why, const boost::source_location&) {
    throw boost::system::system_error(why.code, why.detail);
}

}  // namespace respgres::backends
