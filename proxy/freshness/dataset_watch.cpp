#include "proxy/freshness/dataset_watch.hpp"

#include <utility>

namespace respgres::proxy {

dataset_watch::dataset_watch(redis::link_set& links, std::function<void()> on_replaced, event_handler on_event)
    : on_replaced_(std::move(on_replaced)), on_event_(std::move(on_event)) {
    auto tell = [this, &links](bool up, const std::string& why) {
        message_.clear();
        if (!up && links.home().is_connected()) on_event_(event::deaf, why);
    };
    links.add_tracked(*this, std::move(tell));
}

// Nothing is read over this connection, so whatever is said to be invalid is everything.
void dataset_watch::on_message(std::string_view bytes, bool complete) {
    message_.append(bytes);
    if (!complete) return;
    const bool replaced = message_.starts_with(">2\r\n$10\r\ninvalidate\r\n");
    message_.clear();
    if (!replaced) return;
    on_replaced_();
    on_event_(event::replaced, {});
}

}  // namespace respgres::proxy
