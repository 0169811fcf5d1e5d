#include "backends/postgres/session.hpp"

#include "backends/postgres/connect_parameters.hpp"
#include "backends/postgres/failures.hpp"

#include <utility>

namespace respgres::postgres {

namespace asio = boost::asio;
using backends::errc;

namespace {

// NULL as nothing, other than row_collector.
class rows_reader final : public result_reader {
public:
    bool read(const PGresult& result) override {
        const int width = PQnfields(&result);
        if (width > 0) rows.clear();
        for (int i = 0; i < PQntuples(&result); ++i) {
            auto& row = rows.emplace_back(static_cast<std::size_t>(width));
            for (int j = 0; j < width; ++j) {
                if (PQgetisnull(&result, i, j) != 0) continue;
                row[static_cast<std::size_t>(j)].emplace(PQgetvalue(&result, i, j), static_cast<std::size_t>(PQgetlength(&result, i, j)));
            }
        }
        return true;
    }

    session::rows rows;
};

}  // namespace

session::session(asio::any_io_executor executor, session_settings settings)
    : executor_(std::move(executor)), settings_(std::move(settings)) {}

session::~session() = default;

void session::close() {
    if (link_) link_->close();   // ends a call that is under way
    link_.reset();
}

asio::awaitable<outcome<void>> session::open(time_point limit) {
    pool_settings to;
    to.url = settings_.url;
    to.password = settings_.password;
    to.connect_timeout = settings_.connect_timeout;
    to.read_only = settings_.read_only;
    auto parameters = connect_parameters::parse(to);
    if (parameters.has_error()) co_return parameters.error();
    if (settings_.replication) parameters->set("replication", "database");
    if (!settings_.name.empty() && parameters->get("application_name") == "respgres") parameters->set("application_name", settings_.name);
    link_environment environment{executor_, cancels_, stats_, to.max_row_bytes, to.cancel_grace};
    link_ = std::make_shared<link>(std::move(environment));
    const std::shared_ptr<link> opening = link_;   // close() may come meanwhile
    auto opened = co_await opening->open(std::move(*parameters), limit);
    if (opened.has_error() && link_ == opening) link_.reset();
    co_return opened;
}

asio::awaitable<outcome<session::rows>> session::query(std::string sql, std::vector<std::string> parameters, time_point limit) {
    if (!is_open()) co_return make_failure(errc::not_connected, "the connection is not open");
    const std::shared_ptr<link> over = link_;   // close() may come meanwhile
    std::vector<const char*> values;
    for (const std::string& text : parameters) values.push_back(text.c_str());
    over->begin(limit);
    const int sent = parameters.empty() ? PQsendQuery(over->native(), sql.c_str())
                                        : PQsendQueryParams(over->native(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                                            values.data(), nullptr, nullptr, 0);
    rows_reader reader;
    const auto done = co_await over->exchange(sent, reader);
    if (done.has_error()) co_return done.error();
    co_return std::move(reader.rows);
}

asio::awaitable<outcome<session::rows>> session::query(std::string sql, time_point limit) {
    return query(std::move(sql), {}, limit);
}

}  // namespace respgres::postgres
