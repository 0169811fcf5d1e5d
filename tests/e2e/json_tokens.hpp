// JSON as a list of printable tokens, each with its path: numbers as the text that stands there, so that no digit is lost in a double.
#pragma once

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// What nlohmann's parser tells, in the order of the text: "[0].amount = 12.50".
class json_token_reader : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return add("null"); }
    bool boolean(bool value) override { return add(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return add(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return add(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& text) override { return add(text); }
    bool string(string_t& value) override { return add('"' + value + '"'); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open("{"); }
    bool key(string_t& name) override {
        levels_.back().name = name;
        return true;
    }
    bool end_object() override { return close("}"); }
    bool start_array(std::size_t) override { return open("["); }
    bool end_array() override { return close("]"); }
    bool parse_error(std::size_t position, const std::string& near, const nlohmann::json::exception& why) override {
        throw std::runtime_error("no JSON at byte " + std::to_string(position) + ", near '" + near + "': " + why.what());
    }

    std::vector<std::string> take() { return std::move(tokens_); }

private:
    struct level {
        bool is_array;
        std::string name;        // of the member that comes
        std::size_t index = 0;   // of the element that comes
    };

    std::string path() const {
        std::string text;
        for (const auto& each : levels_) text += each.is_array ? "[" + std::to_string(each.index) + "]" : "." + each.name;
        return text;
    }
    bool add(const std::string& value) {
        tokens_.push_back(path() + " = " + value);
        if (!levels_.empty()) ++levels_.back().index;
        return true;
    }
    bool open(const char* bracket) {
        tokens_.push_back(path() + " " + bracket);
        levels_.push_back({*bracket == '[', {}});
        return true;
    }
    bool close(const char* bracket) {
        levels_.pop_back();
        tokens_.push_back(path() + " " + bracket);
        if (!levels_.empty()) ++levels_.back().index;
        return true;
    }

    std::vector<level> levels_;
    std::vector<std::string> tokens_;
};

// Throws std::runtime_error for what is no JSON.
inline std::vector<std::string> json_tokens(std::string_view text) {
    json_token_reader reader;
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    return reader.take();
}

}  // namespace respgres::tests
