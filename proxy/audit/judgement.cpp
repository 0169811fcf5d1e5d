#include "proxy/audit/judgement.hpp"

namespace respgres::proxy {

judgement judge_look(const audit_look& look, const audit_answer& answer) {
    if (!look.has_lease) return judgement::changed;
    if (look.is_gone) return judgement::gone;
    if (look.is_equal) return judgement::verified;
    const bool is_comparable = look.mark && !look.mark->is_rebuilding() && look.mark->server == answer.server;
    if (!is_comparable || look.mark->position < answer.position) return judgement::wait;
    return judgement::violation;
}

}  // namespace respgres::proxy
