#pragma once

#include "protocol/commands/command_table.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// What other threads may ask of a client: its worker. Any thread.
class client_owner {
public:
    virtual void request_close(std::uint64_t client) = 0;
    virtual void request_invalidation(std::uint64_t client, std::string keys) = 0;

protected:
    ~client_owner() = default;
};

// What CLIENT LIST and /stats tell of one client. Shared by its worker and whoever lists: the atomics are written by its worker, the texts under the mutex.
struct client_record {
    std::uint64_t id = 0;
    std::string address;  // "127.0.0.1:51234" or "unix"
    std::string local_address;
    int fd = -1;
    std::chrono::steady_clock::time_point since;

    std::atomic<const protocol::command_info*> last_command{nullptr};
    std::atomic<std::int64_t> last_active_ms{0};  // steady clock
    std::atomic<std::uint32_t> database{0};
    std::atomic<std::uint8_t> version{2};
    std::atomic<std::int64_t> redirect{-1};  // CLIENT GETREDIR's number: -1 = its reads are not tracked
    std::atomic<std::uint32_t> channels{0};  // that it subscribes to
    std::atomic<std::uint32_t> patterns{0};
    std::atomic<std::uint32_t> shard_channels{0};
    std::atomic<std::uint64_t> blocked_connection{0};  // Redis' number of the connection that the client is blocked in; 0 = it is not

    // Its worker has it: nothing of the following happens before, or when the client has gone.
    void accept(client_owner& by);
    void close() const;
    // Tells it what another client's tracking invalidates: an array of keys, or null, as RESP.
    void invalidate(std::string keys) const;

    std::string name() const;
    void set_name(std::string name);
    std::string user() const;
    void set_user(std::string name);
    std::string library_name() const;
    std::string library_version() const;
    void set_library(std::string name);
    void set_library_version(std::string text);

private:
    // What most clients never say.
    struct texts {
        std::string name;
        std::string user = "default";
        std::string library_name;
        std::string library_version;
    };

    std::string get(std::string texts::* text) const;
    void set(std::string texts::* text, std::string value);

    mutable std::mutex mutex_;
    client_owner* owner_ = nullptr;
    std::unique_ptr<texts> texts_;  // null: as in texts{}
};

// What Redis takes as the name of a client: printable characters without space; empty removes the name.
bool is_client_name(std::string_view name);

// All clients of the process. Thread-safe; touched when a client comes or goes, and by CLIENT LIST.
class client_registry {
public:
    explicit client_registry(std::uint32_t limit) : limit_(limit) {}

    // A record with the next id, or null when max_clients are there already.
    std::shared_ptr<client_record> admit();
    void remove(std::uint64_t id);

    std::vector<std::shared_ptr<client_record>> all() const;
    std::shared_ptr<client_record> find(std::uint64_t id) const;
    std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    std::uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
    std::uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }

private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::shared_ptr<client_record>> records_;
    std::uint64_t next_id_ = 1;
    std::uint32_t limit_;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace respgres::proxy
