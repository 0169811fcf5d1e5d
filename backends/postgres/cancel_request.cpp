#include "backends/postgres/cancel_request.hpp"

#include "backends/postgres/failures.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace respgres::postgres {
namespace {

using callback = std::function<void(std::string)>;

void post_words(const boost::asio::any_io_executor& executor, callback done, std::string words) {
    boost::asio::post(executor, [done = std::move(done), words = std::move(words)]() mutable { done(std::move(words)); });
}

}  // namespace

struct cancel_sender::shared_state {
    std::mutex mutex;
    unsigned threads = 0;
    bool closed = false;
};

cancel_sender::cancel_sender() : state_(std::make_shared<shared_state>()) {}

cancel_sender::~cancel_sender() {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
}

void cancel_sender::send(cancel_ptr request, boost::asio::any_io_executor executor, std::function<void(std::string)> done) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->threads == max_threads) return post_words(executor, std::move(done), "too many cancel requests are on their way");
        ++state_->threads;
    }
    auto work = [state = state_, request = std::shared_ptr<PGcancel>(std::move(request)), executor, done]() mutable {
        std::array<char, 256> words{};   // as long as libpq wants it
        const bool sent = PQcancel(request.get(), words.data(), static_cast<int>(words.size())) == 1;
        // Posting under the lock: the executor's context may be gone as soon as the sender is.
        const std::lock_guard lock(state->mutex);
        --state->threads;
        if (!state->closed) post_words(executor, std::move(done), sent ? std::string() : std::string(without_line_end(words.data())));
    };
    try {
        std::thread(std::move(work)).detach();
    } catch (const std::system_error& error) {   // no thread to be had
        const std::lock_guard lock(state_->mutex);
        --state_->threads;
        post_words(executor, std::move(done), error.what());
    }
}

}  // namespace respgres::postgres
