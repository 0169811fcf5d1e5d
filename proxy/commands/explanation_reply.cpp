#include "proxy/commands/explanation_reply.hpp"

#include "proxy/explanations/key_explanation.hpp"
#include "proxy/sessions/error_replies.hpp"

#include <chrono>

namespace respgres::proxy {

namespace {

using protocol::reply_writer;

// Writes the value of a field as RESP.
struct value_writer {
    reply_writer& out;

    void operator()(const std::string& text) const { out.bulk(text); }
    void operator()(std::int64_t number) const { out.integer(number); }
    void operator()(const explained_field::list& texts) const {
        out.array(texts.size());
        for (const auto& text : texts) out.bulk(text);
    }
    void operator()(const explained_field::named& pairs) const {
        out.map(pairs.size());
        for (const auto& [name, text] : pairs) {
            out.bulk(name);
            out.bulk(text);
        }
    }
};

}  // namespace

void append_explanation(reply_writer& out, const worker_services& services, std::string_view key) {
    captures found;
    const mapping* const source = services.mappings.find(key, found);
    if (source == nullptr) return out.error(unmapped_text(key));
    dropped_by what;
    what.rules = &services.drops.rules();
    const auto& news = services.gates.news();
    if (source->follows_changes) {
        const auto now = std::chrono::steady_clock::now();
        what.proof = {news.age(now), to_string(services.gates.home().why(now, source->bound)), news.problem()};
    }
    const auto facts = news.facts();
    what.facts = facts.get();
    const auto all = explain_key(*source, found, key, what);
    out.map(all.size());
    for (const auto& field : all) {
        out.bulk(field.name);
        std::visit(value_writer{out}, field.value);
    }
}

}  // namespace respgres::proxy
