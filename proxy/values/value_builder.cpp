#include "proxy/values/value_builder.hpp"

#include "proxy/values/collectors.hpp"

#include <utility>

namespace respgres::proxy {

class value_builder::implementation {
public:
    implementation(conf::shape shape, limits allowed) : shape_(shape), allowed_(allowed) {}

    void set_columns(std::span<const postgres::column> columns) {
        rows_ = 0;
        columns_ = columns.size();
        collector_.reset();
        problem_ = columns_problem(shape_, columns);
        if (problem_.empty()) collector_ = make_collector(shape_, columns);
    }

    bool add(postgres::row_view row) {
        if (!problem_.empty()) return false;
        if (!collector_ || row.size() != columns_) return fail("the result's rows do not fit its columns");
        if (rows_ == allowed_.max_rows) return fail("more than max_rows = " + std::to_string(allowed_.max_rows) + " rows");
        ++rows_;
        if (is_surely_too_large(row)) return fail_too_large();
        if (const std::string_view why = collector_->add(row); !why.empty()) return fail(std::string(why));
        return collector_->bytes() <= allowed_.max_bytes || fail_too_large();
    }

    value finish() {
        value made;
        if (collector_ && problem_.empty()) made = collector_->finish();
        collector_.reset();
        return made;
    }

    const std::string& problem() const { return problem_; }

private:
    // Before anything is copied. No text shrinks to less than a quarter: bytea halves, quoted elements of arrays lose their backslashes.
    bool is_surely_too_large(postgres::row_view row) const {
        std::size_t bytes = 0;
        for (const auto& each : row) bytes += each ? each->size() : 0;
        return bytes / 4 > allowed_.max_bytes;
    }

    bool fail(std::string why) {
        problem_ = std::move(why);
        collector_.reset();
        return false;
    }

    bool fail_too_large() { return fail("more than max_bytes = " + std::to_string(allowed_.max_bytes) + " bytes"); }

    conf::shape shape_;
    limits allowed_;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::unique_ptr<collector> collector_;  // null before on_columns and after a problem
    std::string problem_;
};

value_builder::value_builder(conf::shape shape, limits allowed) : implementation_(std::make_unique<implementation>(shape, allowed)) {}
value_builder::~value_builder() = default;
void value_builder::on_columns(std::span<const postgres::column> columns) {
    implementation_->set_columns(columns);
}
bool value_builder::on_row(postgres::row_view row) {
    return implementation_->add(row);
}
value value_builder::finish() {
    return implementation_->finish();
}
const std::string& value_builder::problem() const {
    return implementation_->problem();
}

}  // namespace respgres::proxy
