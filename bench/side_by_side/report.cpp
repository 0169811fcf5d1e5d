#include "bench/side_by_side/report.hpp"

#include <fmt/format.h>

namespace respgres::side_by_side {

namespace {

// 123456.7 -> "123 457"
std::string grouped(double number) {
    std::string digits = fmt::format("{:.0f}", number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
    return digits;
}

// "respgres 6.1 + redis 1.9": what took part, which is what took a twentieth of a microsecond or more.
std::string cpu_text(const summary& line, const std::vector<std::string>& processes) {
    constexpr double least = 0.05;
    std::string text;
    for (std::size_t i = 0; i < line.cpu.size(); ++i)
        if (line.cpu[i] >= least) text += fmt::format("{}{} {:.1f}", text.empty() ? "" : " + ", processes[i], line.cpu[i]);
    return text.empty() ? "-" : text;
}

std::string latency_text(const summary& line) {
    if (line.open_rate <= 0) return "- | - | -";
    return fmt::format("{} | {:.0f} | {:.0f}", grouped(line.open_rate), line.p50, line.p99);
}

}  // namespace

std::string markdown(const std::vector<summary>& lines, const std::vector<std::string>& processes) {
    std::string out =
        "| workload | lane | requests/s | ratio (quartiles) | CPU us/request | open loop, 1/s | p50 us | p99 us |\n"
        "|---|---|---:|---:|---|---:|---:|---:|\n";
    std::string_view last;
    for (const summary& line : lines) {
        out += fmt::format("| {} | {} | {} | {:.2f} ({:.2f}-{:.2f}) | {} | {} |\n", line.workload_id == last ? "" : line.title, line.lane,
                           grouped(line.rate.median), line.ratio.median, line.ratio.low, line.ratio.high, cpu_text(line, processes),
                           latency_text(line));
        last = line.workload_id;
    }
    return out;
}

std::string csv(const std::vector<summary>& lines, const std::vector<std::string>& processes) {
    std::string out = "workload,lane,cycles,rate,rate_low,rate_high,ratio,ratio_low,ratio_high,open_rate,p50_us,p99_us,bad_replies";
    for (const std::string& process : processes) out += ",cpu_us_" + process;
    out += '\n';
    for (const summary& line : lines) {
        out += fmt::format("{},{},{},{:.1f},{:.1f},{:.1f},{:.4f},{:.4f},{:.4f},{:.0f},{:.1f},{:.1f},{}", line.workload_id, line.lane,
                           line.cycles, line.rate.median, line.rate.low, line.rate.high, line.ratio.median, line.ratio.low, line.ratio.high,
                           line.open_rate, line.p50, line.p99, line.bad_replies);
        for (const double cpu : line.cpu) out += fmt::format(",{:.3f}", cpu);
        out += '\n';
    }
    return out;
}

}  // namespace respgres::side_by_side
