#include "proxy/fills/fill_group.hpp"

#include "backends/net/as_values.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace respgres::proxy {

namespace asio = boost::asio;

void fill_group::member::on_filled(const fill_outcome& told) noexcept {
    outcome = told;
    if (--home.open_ == 0 && home.all_told_) home.all_told_->try_send(boost::system::error_code{});
}

void fill_group::add(const mapping& source, std::string_view key, const captures& found, fill_engine::need what) {
    members_.push_back(std::make_unique<member>(*this));
    ++open_;
    fills_.join(source, key, found, *members_.back(), what);
}

asio::awaitable<std::vector<fill_outcome>> fill_group::wait() {
    if (open_ > 0) {
        auto executor = co_await asio::this_coro::executor;
        all_told_ = std::make_unique<channel>(executor, 1);
        co_await all_told_->async_receive(net::as_values);
    }
    std::vector<fill_outcome> outcomes;
    for (auto& m : members_) outcomes.push_back(std::move(m->outcome));
    co_return outcomes;
}

}  // namespace respgres::proxy
