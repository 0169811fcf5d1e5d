#include "backends/postgres/pool.hpp"

#include "backends/postgres/pool_implementation.hpp"

#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;

pool::pool(asio::any_io_executor executor, pool_settings settings)
    : implementation_(std::make_shared<implementation>(std::move(executor), std::move(settings))) {}

pool::~pool() {
    implementation_->abandon();
}

void pool::on_event(pool_event_handler handler) {
    implementation_->on_event(std::move(handler));
}

void pool::start() {
    implementation_->start();
}

asio::awaitable<void> pool::stop() {
    const auto self = implementation_;
    co_await self->stop();
}

asio::awaitable<outcome<void>> pool::run(const statement& what, std::span<const std::string_view> parameters, row_sink& rows,
                                         std::chrono::steady_clock::time_point deadline) {
    const auto self = implementation_;
    pool_job job(what, deadline);
    job.parameters = parameters;
    job.rows = &rows;
    co_await self->submit(job);
    co_return std::move(job.result);
}

asio::awaitable<outcome<description>> pool::describe(const statement& what, std::chrono::steady_clock::time_point deadline) {
    const auto self = implementation_;
    pool_job job(what, deadline);
    co_await self->submit(job);
    if (job.result.has_error()) co_return job.result.error();
    co_return std::move(*job.described);
}

std::size_t pool::connections() const {
    return implementation_->settings().connections;
}

std::size_t pool::max_waiting() const {
    return implementation_->settings().max_waiting;
}

bool pool::is_connected() const {
    return implementation_->is_connected();
}

const pool_stats& pool::stats() const {
    return implementation_->stats();
}

}  // namespace respgres::postgres
