#pragma once

#include "backends/postgres/pool.hpp"

#include <span>
#include <string>

namespace respgres::proxy {

// Hands rows on, and keeps whom they came from. What it refers to must outlive it.
class sink_of_session final : public postgres::row_sink {
public:
    sink_of_session(postgres::row_sink& to, std::string& server) : to_(to), server_(server) {}

    void on_session(std::string_view answer) override { server_ = answer; }
    void on_columns(std::span<const postgres::column> columns) override { to_.on_columns(columns); }
    bool on_row(postgres::row_view row) override { return to_.on_row(row); }

private:
    postgres::row_sink& to_;
    std::string& server_;
};

}  // namespace respgres::proxy
