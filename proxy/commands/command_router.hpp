#pragma once

#include "protocol/commands/command_memo.hpp"
#include "protocol/commands/command_table.hpp"
#include "proxy/commands/local_commands.hpp"
#include "proxy/commands/mapped_keys.hpp"
#include "proxy/commands/reply_tasks.hpp"
#include "proxy/commands/stateful_commands.hpp"
#include "proxy/commands/worker_services.hpp"
#include "proxy/metrics/log_throttle.hpp"
#include "proxy/sessions/session.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Sends each command the way that the command table and the mappings say: answered here, to Redis as it is, or through the mapping of its key.
class command_router final : public command_sink {
public:
    command_router(worker_services& services, reply_tasks& tasks);

    verdict on_command(session& client, protocol::command_words words, std::string_view frame) override;
    std::size_t take_front(session& client, std::string_view input) override;
    void on_protocol_error(session& client, std::string_view error) override;

private:
    using known_command = protocol::command_memo::entry;

    verdict carry_out_known(session& client, protocol::command_words words, std::string_view frame);
    verdict carry_out_known(session& client, const known_command& known, protocol::command_words words, std::string_view frame);
    verdict carry_out(session& client, protocol::command_words words, std::string_view frame);
    verdict forward(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame,
                    bool has_key_behind_name);
    std::optional<verdict> drop_by_rules(session& client, const protocol::command_info& command, protocol::command_words words,
                                         std::string_view frame);
    verdict forward_mapped(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame,
                           const mapped_keys& keys);
    bool begin_write(session& client);
    void fail_unsent(session& client, session::sequence slot, bool writes);
    near_reads::use near_use_of(session& client, const protocol::command_info& command, protocol::command_words words,
                                const mapping* source);
    std::optional<verdict> read_near(session& client, const protocol::command_info& command, protocol::command_words words);
    void pass_through(session& client, bool writes, protocol::command_words words, std::string_view frame);
    void pass_whole(session& client, bool writes, std::string_view frame);
    std::size_t take_short(session& client, std::string_view input);
    std::size_t pass_get(session& client, std::string_view frame);
    std::size_t carry_out_get(session& client, const protocol::get_frame& get, std::string_view frame);
    void read_mapped(session& client, const protocol::command_info& command, protocol::command_words words, std::string_view frame,
                     const mapping& source);
    void invalidate_then_pass(session& client, protocol::command_words words, std::string_view frame, const mapped_keys& keys);
    verdict invalidate_as_user(session& client, protocol::command_words words, std::string_view frame, const mapped_keys& keys);
    verdict run_task(session& client, boost::asio::awaitable<std::string> work);
    void refuse(session& client, std::string_view error);
    // False: neither a mapping nor the near cache's names hold the key, as its first byte tells.
    bool may_be_known(std::string_view key) const { return services_.mappings.may_hold(key) || services_.near_keys.may_hold(key); }

    worker_services& services_;
    reply_tasks& tasks_;
    local_commands local_;
    stateful_commands stateful_;
    const protocol::command_info* const get_ = protocol::find_command("get");
    protocol::command_memo memo_;
    captures scratch_;
    log_throttle log_;
};

}  // namespace respgres::proxy
