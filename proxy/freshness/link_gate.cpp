#include "proxy/freshness/link_gate.hpp"

#include "protocol/resp/reply_writer.hpp"

#include <array>
#include <utility>

namespace respgres::proxy {

namespace {

// The content of a bulk reply; empty for nil and errors.
std::string_view bulk_text(std::string_view reply) {
    const auto line = reply.find("\r\n");
    if (!reply.starts_with('$') || line == std::string_view::npos || reply.size() < line + 4) return {};
    return reply.substr(line + 2, reply.size() - line - 4);
}

}  // namespace

link_gate::link_gate(redis::link& link, std::string_view mark, freshness_news& news) : link_(link), news_(news), gate_(news.clock) {
    const std::array<std::string_view, 2> words{"GET", mark};
    protocol::append_command(question_, words);
}

void link_gate::ask() {
    if (is_asking_ || !link_.is_connected()) return;
    asked_on_ = link_.generation();
    is_asking_ = link_.send(question_, *this, 0);
}

void link_gate::distrust() {
    gate_.on_failure();
    answer_is_void_ = is_asking_;
    ask();
}

void link_gate::on_reply(std::uint64_t, std::string_view bytes, bool complete) {
    reply_.append(bytes);
    if (!complete) return;
    is_asking_ = false;
    if (std::exchange(answer_is_void_, false)) {
        reply_.clear();
        return ask();
    }
    gate_.on_watermark(bulk_text(reply_), asked_on_, news_.server());
    reply_.clear();
    if (!gate_.last().is_rebuilding()) news_.set_mark_time(gate_.last().time);
}

void link_gate::on_failure(std::uint64_t, const backends::failure&) {
    is_asking_ = answer_is_void_ = false;
    reply_.clear();
    gate_.on_failure();
}

}  // namespace respgres::proxy
