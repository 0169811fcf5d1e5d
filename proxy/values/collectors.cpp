#include "proxy/values/collectors.hpp"

#include "proxy/values/integers.hpp"
#include "proxy/values/json_writer.hpp"
#include "proxy/values/scores.hpp"
#include "proxy/values/text_forms.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace respgres::proxy {

namespace {

using postgres::column;
using postgres::row_view;
using postgres::type_kind;

// A value as every shape but json holds it: what value_builder.hpp promises.
std::string plain_text(const column& type, std::string_view text) {
    std::string out;
    if (type.is_array)
        append_json(out, type, text);
    else if (type.kind == type_kind::boolean)
        out = text.starts_with('t') ? "true" : "false";
    else if (type.kind == type_kind::bytea)
        append_bytea(out, text);
    else if (type.kind == type_kind::timestamp)
        append_iso_timestamp(out, text);
    else if (type.kind == type_kind::timestamptz)
        append_iso_timestamptz(out, text);
    else
        out = text;
    return out;
}

// Rows as JSON objects. What does not change from row to row is made once.
class object_writer {
public:
    explicit object_writer(std::span<const column> columns) {
        for (const column& each : columns) {
            field made{.prefix = columns_.empty() ? "{" : ",",
                       .scalar = json_scalar_for(each),
                       .is_array = each.is_array,
                       .delimiter = each.delimiter};
            append_json_string(made.prefix, each.name);
            made.prefix.push_back(':');
            columns_.push_back(std::move(made));
        }
    }

    void append(std::string& out, row_view row) const {
        if (columns_.empty()) out.push_back('{');
        for (std::size_t i = 0; i < columns_.size(); ++i) append_field(out, columns_[i], row[i]);
        out.push_back('}');
    }

private:
    struct field {
        std::string prefix;      // `{"name":` or `,"name":`
        json_scalar scalar;
        bool is_array;
        char delimiter;
    };

    static void append_field(std::string& out, const field& type, const std::optional<std::string_view>& text) {
        out.append(type.prefix);
        if (!text)
            out.append("null");
        else if (type.is_array)
            append_json_array(out, *text, type.delimiter, type.scalar);
        else
            type.scalar(out, *text);
    }

    std::vector<field> columns_;
};

class json_collector final : public collector {
public:
    explicit json_collector(std::span<const column> columns) : objects_(columns) {}

    std::string_view add(row_view row) override {
        out_.push_back(out_.empty() ? '[' : ',');
        objects_.append(out_, row);
        return {};
    }
    std::size_t bytes() const override { return std::max<std::size_t>(out_.size(), 1) + 1; }   // "[" and "]"
    value finish() override {
        out_.append(out_.empty() ? "[]" : "]");
        return string_value{std::move(out_)};
    }

private:
    object_writer objects_;
    std::string out_;
};

// A shape that takes one row: what comes behind it is not looked at.
class first_row_collector : public collector {
public:
    std::string_view add(row_view row) final { return std::exchange(seen_, true) ? std::string_view() : add_first(row); }
    std::size_t bytes() const final { return size_of(made_); }
    value finish() final { return std::move(made_); }

protected:
    virtual std::string_view add_first(row_view row) = 0;

    value made_ = absent_value{};

private:
    bool seen_ = false;
};

class json_row_collector final : public first_row_collector {
public:
    explicit json_row_collector(std::span<const column> columns) : objects_(columns) {}

private:
    std::string_view add_first(row_view row) override {
        objects_.append(made_.emplace<string_value>().bytes, row);
        return {};
    }

    object_writer objects_;
};

class string_collector final : public first_row_collector {
public:
    explicit string_collector(std::span<const column> columns) : type_(columns.front()) {}

private:
    std::string_view add_first(row_view row) override {
        if (row.front()) made_ = string_value{plain_text(type_, *row.front())};
        return {};
    }

    column type_;
};

class counter_collector final : public first_row_collector {
public:
    explicit counter_collector(std::span<const column>) {}

private:
    std::string_view add_first(row_view row) override {
        if (!row.front()) return {};
        if (!parse_integer(*row.front())) return "shape 'counter' needs an integer of at most 64 bits, the query's value is none";
        made_ = string_value{std::string(*row.front())};
        return {};
    }
};

class hash_collector final : public first_row_collector {
public:
    explicit hash_collector(std::span<const column> columns) : columns_(columns.begin(), columns.end()) {}

private:
    std::string_view add_first(row_view row) override {
        hash_value made;
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (row[i]) made.fields.emplace_back(columns_[i].name, plain_text(columns_[i], *row[i]));
        if (!made.fields.empty())   // Redis has no empty hash
            made_ = std::move(made);
        return {};
    }

    std::vector<column> columns_;
};

class list_collector final : public collector {
public:
    explicit list_collector(std::span<const column> columns) : type_(columns.front()) {}

    std::string_view add(row_view row) override {
        if (row.front()) bytes_ += made_.elements.emplace_back(plain_text(type_, *row.front())).size();
        return {};
    }
    std::size_t bytes() const override { return bytes_; }
    value finish() override { return made_.elements.empty() ? value() : value(std::move(made_)); }

private:
    column type_;
    list_value made_;
    std::size_t bytes_ = 0;
};

// Members in the order of their first occurrence, each with a score that the last occurrence sets, as ZADD does.
// A set is one without scores.
template <class Score>
class unique_members {
public:
    void add(std::string member, Score score) {
        const auto known = index_.find(member);
        if (known != index_.end()) {
            known->second->second = score;
            return;
        }
        auto& kept = members_.emplace_back(std::move(member), score);
        index_.emplace(kept.first, &kept);
        bytes_ += kept.first.size();
    }

    std::size_t bytes() const { return bytes_; }
    std::size_t size() const { return members_.size(); }
    auto begin() { return members_.begin(); }
    auto end() { return members_.end(); }

private:
    std::deque<std::pair<std::string, Score>> members_;                        // a deque: the index points into it
    std::unordered_map<std::string_view, std::pair<std::string, Score>*> index_;
    std::size_t bytes_ = 0;
};

class set_collector final : public collector {
public:
    explicit set_collector(std::span<const column> columns) : type_(columns.front()) {}

    std::string_view add(row_view row) override {
        if (row.front()) members_.add(plain_text(type_, *row.front()), no_score{});
        return {};
    }
    std::size_t bytes() const override { return members_.bytes(); }
    value finish() override {
        set_value made;
        made.members.reserve(members_.size());
        for (auto& each : members_) made.members.push_back(std::move(each.first));
        return made.members.empty() ? value() : value(std::move(made));
    }

private:
    struct no_score {};

    column type_;
    unique_members<no_score> members_;
};

class zset_collector final : public collector {
public:
    explicit zset_collector(std::span<const column> columns) : at_(find_zset_columns(columns)), type_(columns[at_.member]) {}

    std::string_view add(row_view row) override {
        if (!row[at_.member] || !row[at_.score]) return {};
        const auto score = parse_score(*row[at_.score]);
        if (!score) return "shape 'zset' needs scores that a double can hold; one is NaN or out of range";
        members_.add(plain_text(type_, *row[at_.member]), *score);
        return {};
    }
    std::size_t bytes() const override { return members_.bytes() + members_.size() * sizeof(double); }
    value finish() override {
        zset_value made;
        made.members.assign(std::make_move_iterator(members_.begin()), std::make_move_iterator(members_.end()));
        std::ranges::sort(made.members,
                          [](const auto& a, const auto& b) { return a.second != b.second ? a.second < b.second : a.first < b.first; });
        return made.members.empty() ? value() : value(std::move(made));
    }

private:
    zset_columns at_;
    column type_;
    unique_members<double> members_;
};

using maker = std::unique_ptr<collector> (*)(std::span<const column>);

template <class Collector>
std::unique_ptr<collector> make(std::span<const column> columns) {
    return std::make_unique<Collector>(columns);
}

// In the order of conf::shape.
constexpr maker makers[] = {make<string_collector>, make<json_collector>, make<json_row_collector>, make<hash_collector>,
                            make<list_collector>,   make<set_collector>,  make<zset_collector>,     make<counter_collector>};
static_assert(std::size(makers) == static_cast<std::size_t>(conf::shape::counter) + 1);

}  // namespace

zset_columns find_zset_columns(std::span<const column> columns) {
    const bool are_swapped = columns[0].name == "score" && columns[1].name == "member";
    return are_swapped ? zset_columns{1, 0} : zset_columns{0, 1};
}

std::unique_ptr<collector> make_collector(conf::shape shape, std::span<const column> columns) {
    return makers[static_cast<std::size_t>(shape)](columns);
}

}  // namespace respgres::proxy
