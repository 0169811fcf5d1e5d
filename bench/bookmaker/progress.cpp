#include "bench/bookmaker/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace respgres::bookmaker {

namespace {

constexpr std::uint64_t bar_width = 30;

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.insert(0, width - text.size(), ' ');
    return text;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
    return digits;
}

std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total, std::chrono::duration<double> elapsed) {
    const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    const double rate = elapsed.count() > 0 ? static_cast<double>(done) / elapsed.count() : 0;
    const auto filled = std::min(bar_width, static_cast<std::uint64_t>(part * static_cast<double>(bar_width)));

    std::string line(label);
    line.resize(std::max<std::size_t>(line.size(), 10), ' ');
    line += '[' + std::string(filled, '#') + std::string(bar_width - filled, '.') + ']';
    line += padded(std::to_string(static_cast<int>(part * 100)), 4) + " %";
    line += padded(grouped(done), 12) + " of " + grouped(total);
    line += padded(grouped(static_cast<std::uint64_t>(rate)), 11) + "/s";

    std::array<char, 32> time{};
    if (done < total && rate > 0)
        std::snprintf(time.data(), time.size(), "  %.0f s left", static_cast<double>(total - done) / rate);
    else
        std::snprintf(time.data(), time.size(), "  in %.1f s", elapsed.count());
    return line += time.data();
}

progress::progress(std::FILE* out, std::string_view label, std::uint64_t total)
    : out_(out),
      label_(label),
      total_(total),
      is_terminal_(isatty(fileno(out)) == 1),
      interval_(is_terminal_ ? 100 : 500),
      start_(clock::now()),
      next_show_(is_terminal_ ? start_ : start_ + interval_),
      next_line_(is_terminal_ ? 0 : total / 10) {}

void progress::update(std::uint64_t done) {
    const auto now = clock::now();
    if (now < next_show_ || done < next_line_ || done >= total_) return;
    next_show_ = now + interval_;
    if (!is_terminal_) next_line_ = (done * 10 / total_ + 1) * total_ / 10;
    show(done);
}

void progress::finish() {
    show(total_);
    if (is_terminal_) std::fputc('\n', out_);
    std::fflush(out_);
}

void progress::show(std::uint64_t done) {
    const std::string line = progress_line(label_, done, total_, clock::now() - start_);
    std::fprintf(out_, is_terminal_ ? "\r%s\x1b[K" : "%s\n", line.c_str());
    std::fflush(out_);
}

}  // namespace respgres::bookmaker
