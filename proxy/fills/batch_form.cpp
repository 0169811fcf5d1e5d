#include "proxy/fills/batch_form.hpp"

#include "proxy/mappings/batch_query.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

namespace asio = boost::asio;
using backends::errc;
using backends::outcome;
using postgres::column;
using postgres::description;

constexpr std::uint32_t int8_oid = 20;

batch_form refused(const backends::failure& why) {
    const bool said_so = why.code == errc::server_error || why.code == errc::invalid_parameter;
    return {std::nullopt, why.detail.empty() ? why.code.message() : why.detail, said_so};
}

batch_form refused(std::string why) {
    return {std::nullopt, std::move(why), true};
}

// Its columns have the types of arrays of the parameters: PostgreSQL alone knows those of its users' types.
postgres::statement array_probe(const mapping& source, const std::vector<std::uint32_t>& types) {
    std::string sql = "SELECT ";
    for (std::size_t i = 1; i <= types.size(); ++i) sql += (i == 1 ? "ARRAY[$" : ", ARRAY[$") + std::to_string(i) + "]";
    return {batch_name(source), std::move(sql), types};
}

bool same_columns(std::span<const column> lone, std::span<const column> batch) {
    if (batch.size() != lone.size() + 1 || batch.front().type_oid != int8_oid) return false;
    const auto same = [](const column& a, const column& b) { return a.name == b.name && a.type_oid == b.type_oid; };
    return std::equal(lone.begin(), lone.end(), batch.begin() + 1, same);
}

}  // namespace

asio::awaitable<batch_form> derive_batch(postgres::pool& pool, const mapping& source, std::chrono::steady_clock::time_point deadline) {
    const auto lone = co_await pool.describe(source.statement, deadline);
    if (lone.has_error()) co_return refused(lone.error());
    const auto& types = lone.value().parameter_types;
    if (types.size() != source.parameters.size()) co_return refused("its parameters are not those of the key");
    const postgres::statement probe = array_probe(source, types);
    const auto arrays = co_await pool.describe(probe, deadline);
    if (arrays.has_error()) co_return refused(arrays.error());
    postgres::statement batch{batch_name(source), batch_sql(source.statement.sql, types.size()), {}};
    for (std::size_t i = 0; i < types.size(); ++i) {
        const std::uint32_t array = arrays.value().columns[i].type_oid;
        if (array == types[i]) co_return refused("a parameter is an array itself");
        batch.parameter_types.push_back(array);
    }
    const auto many = co_await pool.describe(batch, deadline);
    if (many.has_error()) co_return refused(many.error());
    if (!same_columns(lone.value().columns, many.value().columns)) co_return refused("its columns would not be the same");
    batch_form made;
    made.statement = std::move(batch);
    co_return made;
}

}  // namespace respgres::proxy
