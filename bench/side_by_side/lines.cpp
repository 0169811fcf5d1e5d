// The lines of the table.
#include "bench/side_by_side/workload.hpp"

#include <array>

namespace respgres::side_by_side {

namespace {

constexpr std::array near_lanes{lane{"redis", "redis", ""}, lane{"redis_unix", "redis_unix", ""}, lane{"respgres", "respgres", ""},
                                lane{"respgres_unix", "respgres_unix", ""}};
constexpr std::array peer_lanes{lane{"redis", "redis", ""}, lane{"nutcracker", "nutcracker", ""}, lane{"haproxy", "haproxy", ""},
                                lane{"respgres", "respgres", ""}};
constexpr std::array miss_lanes{lane{"redis", "redis", ""}, lane{"nutcracker", "nutcracker", ""}, lane{"respgres", "respgres", ""}};
constexpr std::array busy_lanes{lane{"redis", "redis", ""}, lane{"respgres", "respgres", ""}};
constexpr std::array worker_lanes{lane{"respgres", "respgres", ""}, lane{"respgres_2", "respgres_2", ""}};

// A hit of a mapped key beside the same GET of a key that no mapping has.
constexpr std::array hit_lanes{lane{"forwarded", "respgres", "plain:100:"}, lane{"hit", "respgres", ""}};

constexpr std::size_t small = 100, large = 16'384;
constexpr std::string_view near_small = "near:100:", near_large = "near:16k:", hit_small = "hit:100:", plain_small = "plain:100:",
                           plain_large = "plain:16k:", written = "plain:set:";
constexpr auto near = preparation::near;
constexpr auto store = preparation::store;

constexpr std::array workloads{
    workload{"near_1", "near hit: GET 100 B", verb::get, near_small, 10'000, small, 1, near, 10'000, near_lanes},
    workload{"near_16", "near hit: GET 100 B, 16 deep", verb::get, near_small, 10'000, small, 16, near, 0, near_lanes},
    workload{"near_64", "near hit: GET 100 B, 64 deep", verb::get, near_small, 10'000, small, 64, near, 0, near_lanes},
    workload{"near_16_100k", "near hit: 100 000 keys, 16 deep", verb::get, near_small, 100'000, small, 16, near, 0, near_lanes},
    workload{"near_64_100k", "near hit: 100 000 keys, 64 deep", verb::get, near_small, 100'000, small, 64, near, 0, near_lanes},
    workload{"near_16k_1", "near hit: GET 16 KiB", verb::get, near_large, 1'000, large, 1, near, 0, near_lanes},
    workload{"near_16k_16", "near hit: GET 16 KiB, 16 deep", verb::get, near_large, 1'000, large, 16, near, 0, near_lanes},
    workload{"get_1", "forwarded: GET 100 B", verb::get, plain_small, 10'000, small, 1, store, 10'000, peer_lanes},
    workload{"get_16", "forwarded: GET 100 B, 16 deep", verb::get, plain_small, 10'000, small, 16, store, 0, peer_lanes},
    workload{"get_64", "forwarded: GET 100 B, 64 deep", verb::get, plain_small, 10'000, small, 64, store, 0, peer_lanes},
    workload{"set_1", "forwarded: SET 100 B", verb::set, written, 10'000, small, 1, store, 10'000, peer_lanes},
    workload{"set_16", "forwarded: SET 100 B, 16 deep", verb::set, written, 10'000, small, 16, store, 0, peer_lanes},
    workload{"get_16k_1", "forwarded: GET 16 KiB", verb::get, plain_large, 1'000, large, 1, store, 5'000, peer_lanes},
    workload{"get_16k_16", "forwarded: GET 16 KiB, 16 deep", verb::get, plain_large, 1'000, large, 16, store, 0, peer_lanes},
    workload{"hit_1", "hit in Redis beside the same GET forwarded", verb::get, hit_small, 10'000, small, 1, store, 0, hit_lanes},
    workload{"hit_16", "hit in Redis beside the same GET forwarded, 16 deep", verb::get, hit_small, 10'000, small, 16, store, 0, hit_lanes},
    workload{"miss", "miss: HGETALL event:{id}, each key once", verb::hgetall, "event:", 0, 0, 1, preparation::none, 1'000, miss_lanes},
    workload{"busy", "near hit: GET 100 B at 1 000/s, busy polling", verb::get, near_small, 1'000, small, 1, near, 1'000, busy_lanes},
    workload{"workers_near_16", "near hit, 16 deep: 1 and 2 workers", verb::get, near_small, 10'000, small, 16, near, 0, worker_lanes},
    workload{"workers_get_1", "forwarded: 1 and 2 workers", verb::get, plain_small, 10'000, small, 1, store, 0, worker_lanes},
};

}  // namespace

std::span<const workload> all_workloads() {
    return workloads;
}

}  // namespace respgres::side_by_side
