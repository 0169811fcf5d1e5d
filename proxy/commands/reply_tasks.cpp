#include "proxy/commands/reply_tasks.hpp"

#include <boost/asio/co_spawn.hpp>

#include <spdlog/spdlog.h>

#include <exception>

namespace respgres::proxy {

namespace {

std::string words_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "unknown exception";
    }
}

}  // namespace

void reply_tasks::run(session& client, boost::asio::awaitable<std::string> work) {
    const session::sequence slot = client.open_slot();
    client.pause();
    ++running_;
    auto done = [this, &client, slot](std::exception_ptr thrown, std::string reply) {
        --running_;
        if (thrown) {
            spdlog::critical("a command ended with an exception: {}", words_of(thrown));
            reply = "-ERR internal error, see the proxy's log\r\n";
        }
        client.answer(slot, reply);
        client.resume();
    };
    boost::asio::co_spawn(executor_, std::move(work), std::move(done));
}

}  // namespace respgres::proxy
