#include "proxy/log_setup.hpp"

#include "protocol/http/json_text.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace respgres::proxy {

namespace {

// The text of an event as a JSON string: no line end or escape sequence of a peer's reaches the log.
class escaped_text final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string escaped;
        protocol::append_json_string(escaped, {message.payload.data(), message.payload.size()});
        out.append(escaped.data(), escaped.data() + escaped.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<escaped_text>(); }
};

// Line ends and tabs as spaces, other control characters as \xHH.
class printable_text final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        for (const char c : message.payload) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte != 0x7f) {
                out.push_back(c);
                continue;
            }
            if (c == '\n' || c == '\t') {
                out.push_back(' ');   // libpq's messages have several lines
                continue;
            }
            std::array<char, 8> hex{};
            const int length = std::snprintf(hex.data(), hex.size(), "\\x%02x", byte);
            out.append(hex.data(), hex.data() + length);
        }
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<printable_text>(); }
};

spdlog::level::level_enum level_of(conf::log_level level) {
    switch (level) {
        case conf::log_level::debug: return spdlog::level::debug;
        case conf::log_level::warning: return spdlog::level::warn;
        case conf::log_level::error: return spdlog::level::err;
        case conf::log_level::info: break;
    }
    return spdlog::level::info;
}

}  // namespace

void set_up_log(const conf::log_settings& settings) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    if (settings.json)
        formatter->add_flag<escaped_text>('*').set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%*})");
    else
        formatter->add_flag<printable_text>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %*");
    auto logger = spdlog::stderr_color_mt("respgres");
    logger->set_formatter(std::move(formatter));
    logger->set_level(level_of(settings.level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace respgres::proxy
