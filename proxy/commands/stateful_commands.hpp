#pragma once

#include "protocol/commands/command_table.hpp"
#include "proxy/commands/mapped_tasks.hpp"
#include "proxy/commands/reply_tasks.hpp"
#include "proxy/commands/stateful_client.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/rules/drop_rules.hpp"
#include "proxy/sessions/session.hpp"

#include <optional>
#include <string_view>

namespace respgres::proxy {

// Commands that need a connection to Redis of the client's own, or that change what its other commands mean: transactions, watched keys,
// subscriptions, client-side caching, and those that block. One per worker.
class stateful_commands {
public:
    using verdict = command_sink::verdict;

    stateful_commands(worker_services& services, reply_tasks& tasks, const drop_rules& rules)
        : services_(services), tasks_(tasks), rules_(rules) {}

    // A command whose handling is stateful or blocking.
    verdict run(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame);

    // Any command of a client that has a state: what it is taken for in a transaction, or while RESP2 subscribes; nothing = as ever.
    std::optional<verdict> intercept(session& client, protocol::command_words words, std::string_view frame);

    // Whether Redis answers this local command of a client that has a state: to one that waits for invalidations PING says that all have come.
    static bool asks_redis(session& client, const protocol::command_info& command);

    // After a command of a client that has a state was taken.
    void on_taken(session& client, protocol::command_words words);

    // A command with a wrong number of words. As in Redis it spoils the transaction that it stands in, and an EXEC ends it.
    verdict reject(session& client, const protocol::command_info& command, std::string_view error);

private:
    verdict queue(session& client, stateful_client& state, protocol::command_words words, std::string_view frame);
    std::optional<verdict> answer_subscriber(session& client, protocol::command_words words);
    verdict run_for_caching(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame);
    verdict subscribe(session& client, const protocol::command_info& command, protocol::command_words words);
    verdict block(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame);
    verdict refuse(session& client, std::string_view error);

    worker_services& services_;
    reply_tasks& tasks_;
    const drop_rules& rules_;
};

}  // namespace respgres::proxy
