#pragma once

#include "bench/bookmaker/dataset.hpp"

#include <cstdint>
#include <string>

namespace respgres::bookmaker {

struct load_options {
    std::string url;
    dataset_sizes sizes;
    std::uint64_t seed = 1;
};

// Fills the empty tables of conf/betting.sql in one transaction: all or nothing, also when killed. Shows its progress on standard
// output. Throws postgres_error; a table that is missing or holds rows is one, and then nothing has changed.
void load(const load_options& options);

}  // namespace respgres::bookmaker
