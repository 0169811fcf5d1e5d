#include "proxy/admin/explain_page.hpp"

#include "protocol/http/json_text.hpp"
#include "proxy/explanations/key_explanation.hpp"
#include "proxy/freshness/freshness_gate.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace respgres::proxy {

namespace {

using protocol::http_request;
using protocol::http_response;

http_response refused(int status, std::string_view why, const http_request& request) {
    http_response response = protocol::json_error(status, why);
    response.keep_alive = request.keep_alive;
    return response;
}

// Appends the value of a field as JSON.
struct value_writer {
    std::string& out;

    void operator()(const std::string& text) const { protocol::append_json_string(out, text); }
    void operator()(std::int64_t number) const { out += std::to_string(number); }
    void operator()(const explained_field::list& texts) const {
        out += '[';
        for (const auto& text : texts) {
            if (&text != &texts.front()) out += ',';
            protocol::append_json_string(out, text);
        }
        out += ']';
    }
    void operator()(const explained_field::named& pairs) const {
        out += '{';
        for (const auto& pair : pairs) {
            if (&pair != &pairs.front()) out += ',';
            protocol::append_json_string(out, pair.first);
            out += ':';
            protocol::append_json_string(out, pair.second);
        }
        out += '}';
    }
};

proof_now proof_of(const mapping& source, const freshness_news& news) {
    const auto lag = news.age(std::chrono::steady_clock::now());
    using state = freshness_gate::state;
    const auto is = !lag ? state::unread : *lag <= source.bound ? state::open : state::late;
    return {lag, to_string(is), news.problem()};
}

}  // namespace

http_response answer_explain(const http_request& request, const stats_hub& hub) {
    if (request.parameters.size() != 1 || request.parameters.front().first != "key")
        return refused(400, "write the key as one parameter: GET /explain?key=bets:7", request);
    const std::string& key = request.parameters.front().second;
    captures found;
    const mapping* const source = hub.mappings->find(key, found);
    if (source == nullptr) return refused(404, "the key belongs to no mapping; /mappings lists them", request);
    dropped_by what;
    what.rules = hub.rules;
    std::shared_ptr<const table_facts> facts;
    if (hub.freshness != nullptr) {
        what.proof = proof_of(*source, *hub.freshness);
        facts = hub.freshness->facts();
        what.facts = facts.get();
    }
    http_response response;
    for (const auto& field : explain_key(*source, found, key, what)) {
        response.body += response.body.empty() ? '{' : ',';
        protocol::append_json_string(response.body, field.name);
        response.body += ':';
        std::visit(value_writer{response.body}, field.value);
    }
    response.body += "}\n";
    return response;
}

}  // namespace respgres::proxy
