#pragma once

#include "tests/consistency/workload.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace respgres::tests::consistency {

// The threads of a run. However it is left, they are told to end and awaited.
class crew {
public:
    explicit crew(workload& shared) : shared_(shared) {}
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    ~crew() {
        calm_ = true;
        shared_.writing = false;
        shared_.following = false;
        shared_.reading = false;
    }

    template <class Worker>
    void start_writing(std::shared_ptr<Worker> worker) {
        writers_.push_back(std::async(std::launch::async, [worker] { worker->run(); }));
    }
    // Of those who follow the writers, and end after them.
    template <class Worker>
    void start_following(std::shared_ptr<Worker> worker) {
        followers_.push_back(std::async(std::launch::async, [worker] { worker->run(); }));
    }
    template <class Worker>
    void start_reading(std::shared_ptr<Worker> worker) {
        readers_.push_back(std::async(std::launch::async, [worker] { worker->run(); }));
    }
    // `inject(ends)` is to return when `ends` is true.
    template <class Inject>
    void start_faults(Inject inject) {
        faults_.push_back(std::async(std::launch::async, [this, inject] { inject(calm_); }));
    }

    // These await the ends; what a thread threw is thrown here.
    void stop_faults() {
        calm_ = true;
        join(faults_);
    }
    void stop_writing() {
        shared_.writing = false;
        join(writers_);
        shared_.following = false;
        join(followers_);
    }
    void stop_reading() {
        shared_.reading = false;
        join(readers_);
    }

    // Whether a thread has ended untold, which is by an exception.
    bool failed() const { return ended(writers_) || ended(followers_) || ended(readers_) || ended(faults_); }

private:
    using threads = std::vector<std::future<void>>;

    static void join(threads& group) {
        for (auto& each : std::exchange(group, {})) each.get();
    }
    static bool ended(const threads& group) {
        return std::any_of(group.begin(), group.end(),
                           [](const auto& each) { return each.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    }

    workload& shared_;
    std::atomic<bool> calm_{false};
    threads writers_;
    threads followers_;
    threads readers_;
    threads faults_;
};

}  // namespace respgres::tests::consistency
