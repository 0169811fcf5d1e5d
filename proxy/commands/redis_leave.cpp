#include "proxy/commands/redis_leave.hpp"

#include "proxy/commands/reply_bytes.hpp"
#include "proxy/sessions/error_replies.hpp"

namespace respgres::proxy {

namespace {

// What Redis is asked about instead of a command that only the proxy has.
std::vector<std::string> counterpart(std::vector<std::string> words, std::string_view name) {
    if (name == "proxy|invalidate") return {"FLUSHDB"};
    if (name == "proxy|meta" || name == "proxy|explain") return {"PTTL", words[2]};
    if (name.starts_with("proxy|")) return {"INFO"};
    return words;
}

}  // namespace

boost::asio::awaitable<std::optional<std::string>> refusal_by_redis(worker_services& services, const session& client,
                                                                    const protocol::command_info& command, std::vector<std::string> words) {
    std::vector<std::string> question{"ACL", "DRYRUN", client.who()->name};
    const auto asked = counterpart(std::move(words), command.name);
    question.insert(question.end(), asked.begin(), asked.end());
    std::string ask;
    protocol::append_command(ask, question);
    const auto answer = co_await redis::exchange(services.links.home(), std::move(ask), 1);
    if (answer.has_error()) co_return error_reply(redis_failure_text(answer.error(), false));
    const std::string& said = answer.value().front();
    if (said == "+OK\r\n") co_return std::nullopt;
    const bool is_channel = said.ends_with("' channel\r\n");
    if (is_channel) co_return error_reply("NOPERM this user has no permissions to access one of the channels used as arguments");
    co_return error_reply("NOPERM this user has no permissions to run the '" + std::string(command.name) + "' command");
}

}  // namespace respgres::proxy
