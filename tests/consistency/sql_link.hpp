#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace respgres::tests::consistency {

// A connection to PostgreSQL that is opened when it is needed, and again after it broke. Not thread-safe.
class sql_link {
public:
    using row = std::vector<std::string>;

    explicit sql_link(std::string url) : url_(std::move(url)) {}

    // The rows of the last statement, NULL as an empty text. Nothing if the connection broke, or could not be made: whether the statements took effect is
    // then not known. Throws std::runtime_error with the server's message for what the server refuses.
    std::optional<std::vector<row>> run(const std::string& sql);
    void close() { connection_.reset(); }

private:
    struct closer {
        void operator()(pg_conn* open) const;
    };

    std::string url_;
    std::unique_ptr<pg_conn, closer> connection_;
};

}  // namespace respgres::tests::consistency
