#pragma once

#include "backends/postgres/column.hpp"
#include "backends/postgres/link.hpp"
#include "backends/postgres/pool.hpp"

#include <libpq-fe.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::postgres {

// Keeps the rows of a small answer, NULL as nothing.
class row_collector final : public result_reader {
public:
    bool read(const PGresult& result) override;

    std::vector<std::vector<std::string>> rows;
};

// The answer to PQsendDescribePrepared; columns get their form where it is built in.
class description_reader final : public result_reader {
public:
    bool read(const PGresult& result) override;

    description about;
};

inline constexpr const char* not_taken = "the result could not be taken: ";   // and why
inline constexpr const char* mismatched_columns = "the result does not have the columns that the statement was prepared with";

// Hands the rows of a query to a sink, one at a time.
class row_streamer final : public result_reader {
public:
    // `touched` is set when the sink is called for the first time.
    row_streamer(std::span<const column> columns, row_sink& rows, bool& touched);

    bool read(const PGresult& result) override;

    // Whether a result did not have the columns that were announced. Nothing is handed over then.
    bool is_mismatched() const { return mismatched_; }

private:
    bool announce(const PGresult& result);

    std::span<const column> columns_;
    row_sink& rows_;
    bool& touched_;
    bool announced_ = false;
    bool mismatched_ = false;
    std::vector<std::optional<std::string_view>> row_;
};

}  // namespace respgres::postgres
