#include "proxy/mappings/mapping_compiler.hpp"

#include "conf/values/text.hpp"
#include "proxy/mappings/query_template.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace respgres::proxy {

namespace {

using conf::quote;

// The server cuts names of prepared statements at 63 bytes.
constexpr std::string_view statement_prefix = "respgres_";
constexpr std::size_t max_name_bytes = 63 - statement_prefix.size();

// Typed captures have their type in SQL too, so that a bet 9999999999 where ids are int4 is a bet that does not exist, not an error.
// Text is whatever PostgreSQL needs there (an enum, an inet ...): 0.
std::uint32_t type_oid(capture_type type) {
    constexpr std::array<std::uint32_t, 4> oids{0, 20, 2950, 1082};   // in the order of the enum: int8, uuid, date of pg_type.dat
    return oids[static_cast<std::size_t>(type)];
}

class compiler {
public:
    compiler(const conf::mapping_settings& settings, conf::problems& found) : settings_(settings), found_(found) {}

    std::optional<key_pattern> pattern() {
        if (is_missing(settings_.key)) return std::nullopt;
        auto parsed = key_pattern::parse(settings_.key.value);
        if (auto* good = std::get_if<key_pattern>(&parsed)) return std::move(*good);
        const auto& wrong = std::get<key_pattern::problem>(parsed);
        report(settings_.key, wrong.offset, "key pattern " + quote(settings_.key.value) + " of mapping " + quote(settings_.name),
               wrong.message);
        return std::nullopt;
    }

    std::unique_ptr<mapping> whole(const std::optional<key_pattern>& pattern) {
        if (is_missing(settings_.query)) return nullptr;
        const bool name_fits = settings_.name.size() <= max_name_bytes;
        if (!name_fits) {
            found_.push_back({settings_.where, "the name of mapping " + quote(settings_.name) + " is longer than " +
                                                   std::to_string(max_name_bytes) + " bytes"});
        }
        auto query = query_template::parse(settings_.query.value);
        if (const auto* wrong = std::get_if<query_template::problem>(&query)) {
            report(settings_.query, wrong->offset, "query of mapping " + quote(settings_.name), wrong->message);
            return nullptr;
        }
        if (!pattern || !name_fits) return nullptr;
        return join(*pattern, std::get<query_template>(std::move(query)));
    }

private:
    // The file does not say it, which its reader has reported.
    bool is_missing(const conf::located<std::string>& text) const {
        return text.value.empty() && text.where.line == 0 && settings_.where.line != 0;
    }

    void report(const conf::located<std::string>& text, std::size_t offset, const std::string& what, const std::string& message) {
        found_.push_back({place_in(text, offset), what + ": " + message});
    }

    std::unique_ptr<mapping> join(key_pattern pattern, query_template query) {
        const auto before = found_.size();
        std::vector<std::size_t> parameters;
        std::vector<std::uint32_t> types;
        const auto& all = pattern.all_captures();
        std::vector<bool> used(all.size());
        for (std::size_t i = 0; i < query.names.size(); ++i) {
            const auto named = place_of(all, query.names[i]);
            if (!named) {
                // A misspelt name is one problem, not two: the capture that was meant counts as used.
                if (const auto meant = report_unbound(pattern, query, i)) used[*meant] = true;
                continue;
            }
            used[*named] = true;
            parameters.push_back(*named);
            types.push_back(type_oid(all[*named].type));
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!used[i]) report_unused(pattern, all[i]);
        }
        if (found_.size() != before) return nullptr;
        postgres::statement statement{std::string(statement_prefix) + settings_.name, std::move(query.sql), std::move(types)};
        return std::make_unique<mapping>(mapping{settings_, std::move(pattern), std::move(statement), std::move(parameters), 0});
    }

    static std::optional<std::size_t> place_of(const std::vector<capture>& all, std::string_view name) {
        const auto named = std::find_if(all.begin(), all.end(), [&](const capture& c) { return c.name == name; });
        return named == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(named - all.begin()));
    }

    // The capture that was probably meant, if one was.
    std::optional<std::size_t> report_unbound(const key_pattern& pattern, const query_template& query, std::size_t i) {
        std::vector<std::string_view> names;
        for (const auto& c : pattern.all_captures()) names.push_back(c.name);
        const auto near = conf::nearest(query.names[i], names);
        auto message = "query of mapping " + quote(settings_.name) + " uses " + quote(":" + query.names[i]) + ", which key pattern " +
                       quote(pattern.text()) + " does not capture";
        if (!near.empty()) message += "; did you mean ':" + std::string(near) + "'?";
        found_.push_back({place_in(settings_.query, query.offsets[i]), std::move(message)});
        return place_of(pattern.all_captures(), near);
    }

    void report_unused(const key_pattern& pattern, const capture& unused) {
        found_.push_back(
            {place_in(settings_.key, unused.offset), "the query of mapping " + quote(settings_.name) + " does not use capture " +
                                                         quote(unused.name) + " of key pattern " + quote(pattern.text()) +
                                                         ", so keys that differ only there would all hold the same; use ':" + unused.name +
                                                         "' in the query, or make it plain text"});
    }

    const conf::mapping_settings& settings_;
    conf::problems& found_;
};

}  // namespace

std::optional<key_pattern> compile_pattern(const conf::mapping_settings& settings, conf::problems& found) {
    return compiler(settings, found).pattern();
}

std::unique_ptr<mapping> compile_mapping(const conf::mapping_settings& settings, const std::optional<key_pattern>& pattern,
                                         conf::problems& found) {
    return compiler(settings, found).whole(pattern);
}

conf::position place_in(const conf::located<std::string>& text, std::size_t offset) {
    auto place = text.where;
    if (place.line == 0 || place.column == 0 || text.value.find('\n') != std::string::npos) return place;
    const auto before = std::string_view(text.value).substr(0, offset);
    const auto may_be_escaped = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '"' || c == 0x7f; };
    if (std::any_of(before.begin(), before.end(), may_be_escaped)) return place;
    // Columns count characters; 1 for the opening quote.
    const auto characters =
        std::count_if(before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    place.column += static_cast<std::uint32_t>(characters) + 1;
    return place;
}

}  // namespace respgres::proxy
