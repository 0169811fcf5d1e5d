#pragma once

#include "conf/settings.hpp"

#include <string>
#include <vector>

namespace respgres::conf {

// One [rule.NAME]: what else than rows makes keys untrue; compiled by proxy/rules.
struct rule_settings {
    std::string name;
    position where;                                 // of the table's header
    located<std::string> on_command;                // "XADD bets.placed": a client's command and its key or channel
    located<std::string> on_notify;                 // a channel of LISTEN/NOTIFY
    located<std::string> payload;                   // of a notification: "{id:int}"; empty: any
    std::vector<located<std::string>> drops;        // "bet:{id}", "active_bets:*"
};

}  // namespace respgres::conf
