#include "bench/side_by_side/benchmark.hpp"
#include "bench/side_by_side/report.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

using namespace respgres::side_by_side;

// NAME=VALUE
std::pair<std::string, std::string> name_and_value(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
        throw std::runtime_error("'" + text + "' is not of the form NAME=VALUE");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

int number_in(const std::string& text, int limit) {
    std::size_t used = 0;
    const long number = text.empty() || text[0] < '0' || text[0] > '9' ? 0 : std::stol(text.substr(0, 10), &used);
    if (used != text.size() || number < 1 || number > limit) throw std::runtime_error("'" + text + "' is no number from 1 on");
    return static_cast<int>(number);
}

target_address read_target(const std::string& text) {
    const auto [name, address] = name_and_value(text);
    return {name, address};
}

process read_process(const std::string& text) {
    const auto [name, id] = name_and_value(text);
    return {name, number_in(id, 1 << 30)};
}

// Prints the table; exit code 1 when a target gave wrong answers, whose figures are worth nothing.
int report(const std::vector<summary>& lines, const benchmark_options& options, const std::string& csv_file) {
    std::vector<std::string> processes;
    for (const process& each : options.processes) processes.push_back(each.name);
    std::fputs(markdown(lines, processes).c_str(), stdout);
    if (!csv_file.empty() && !(std::ofstream(csv_file) << csv(lines, processes)).flush())
        throw std::runtime_error("cannot write " + csv_file);
    int status = 0;
    for (const summary& line : lines) {
        if (line.bad_replies == 0) continue;
        std::fprintf(stderr, "side_by_side: %s, %s: %llu wrong replies, the first begins: %s\n", std::string(line.title).c_str(),
                     line.lane.c_str(), static_cast<unsigned long long>(line.bad_replies), line.first_bad.c_str());
        status = 1;
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Compares servers that speak Redis' protocol, slice by slice in one run. Prints a Markdown table. Started by bench/run.sh."};
    benchmark_options options;
    std::vector<std::string> targets, processes;
    std::string csv_file;
    app.add_option("--target", targets, "NAME=IPV4:PORT or NAME=unix:PATH; `redis` stores the keys, names of proxies begin with respgres")
        ->required();
    app.add_option("--process", processes, "NAME=PID: a server process whose CPU is counted");
    app.add_option("--rows", options.rows, "rows of the table `events`; each is asked for once at most");
    app.add_option("--keys", options.keys, "stored for each line, instead of as many as it says");
    app.add_option("--connections", options.connections, "to each target")->check(CLI::Range(1u, 1000u))->capture_default_str();
    app.add_option("--seconds", options.seconds, "of measuring, in all")->check(CLI::Range(1.0, 86'400.0))->capture_default_str();
    app.add_option("--core", options.core, "the core that the client keeps to itself; -1 = none")->check(CLI::Range(-1, 1023));
    app.add_option("--seed", options.seed, "of the order of turns and the choice of keys")->capture_default_str();
    app.add_option("--only", options.only, "workloads by their id in the CSV")->required()->delimiter(',');
    app.add_option("--csv", csv_file, "the file for all figures");
    CLI11_PARSE(app, argc, argv);
    try {
        for (const std::string& each : targets) options.targets.push_back(read_target(each));
        for (const std::string& each : processes) options.processes.push_back(read_process(each));
        return report(run(options), options, csv_file);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "side_by_side: %s\n", error.what());
        return 1;
    }
}
