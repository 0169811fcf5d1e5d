// Micro-benchmarks: request parser, reply framer, and the lookup of a key's mapping. Prints CSV: nanoseconds per operation, with quartiles.
//
// With --count it runs one of them a fixed number of times within respgres_micro_region, for `callgrind --toggle-collect`.
#include "bench/bookmaker/random_stream.hpp"
#include "bench/side_by_side/statistics.hpp"
#include "protocol/resp/reply_framer.hpp"
#include "protocol/resp/reply_writer.hpp"
#include "protocol/resp/request_parser.hpp"
#include "proxy/mappings/mapping_table.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// Its name is what callgrind looks for.
extern "C" [[gnu::noinline]] void respgres_micro_region(const std::function<void(std::size_t)>& run, std::size_t times) {
    run(times);
}

namespace {

using namespace respgres;
using std::chrono::steady_clock;

constexpr std::size_t pipelined = 16;
constexpr std::size_t slices = 15;
constexpr std::chrono::milliseconds slice{20};

using operation = std::function<void(std::size_t)>;  // runs so often

struct micro {
    std::string name;
    std::function<operation()> prepare;
};

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

std::string request(const std::vector<std::string>& words) {
    std::string out;
    protocol::append_array_header(out, words.size());
    for (const std::string& each : words) protocol::append_bulk(out, each);
    return out;
}

std::string bulk_of(std::size_t bytes) {
    std::string out;
    protocol::append_bulk(out, std::string(bytes, 'x'));
    return out;
}

operation parsing(const std::string& one) {
    auto parser = std::make_shared<protocol::request_parser>();
    return [parser, input = repeated(one, pipelined)](std::size_t times) {
        std::string_view left;
        for (std::size_t i = 0; i < times; ++i) {
            if (left.empty()) left = input;
            if (parser->next(left) != protocol::request_parser::status::command) throw std::runtime_error("the parser refuses");
            left.remove_prefix(parser->consumed());
        }
    };
}

operation framing(const std::string& one) {
    auto framer = std::make_shared<protocol::reply_framer>();
    return [framer, input = repeated(one, pipelined)](std::size_t times) {
        std::string_view left;
        for (std::size_t i = 0; i < times; ++i) {
            if (left.empty()) left = input;
            const auto piece = framer->next(left);
            if (piece.state != protocol::reply_framer::status::complete) throw std::runtime_error("the framer refuses");
            left.remove_prefix(piece.length);
        }
    };
}

proxy::mapping_table table_of(std::size_t mappings) {
    conf::settings all;
    for (std::size_t i = 0; i < mappings; ++i) {
        auto& made = all.mappings.emplace_back();
        made.name = "table" + std::to_string(i);
        made.key.value = "app" + std::to_string(i % 50) + ":table" + std::to_string(i) + ":{id:int}";
        made.query.value = "SELECT name FROM items WHERE id = :id";
        made.ttl.value = std::chrono::minutes(1);
    }
    conf::problems found;
    auto table = proxy::mapping_table::build(all, found);
    if (!found.empty()) throw std::runtime_error(found.front().message);
    return table;
}

// Keys of random mappings; or, if `mapped` is false, such as no mapping has.
operation looking_up(std::size_t mappings, bool mapped) {
    auto table = std::make_shared<proxy::mapping_table>(table_of(mappings));
    bookmaker::random_stream random(1);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < 1'024; ++i) {
        const std::uint64_t which = random.below(mappings);
        const std::string table_name = mapped ? ":table" : ":other";
        const std::string name = "app" + std::to_string(which % 50) + table_name + std::to_string(which);
        keys.push_back(name + ":" + std::to_string(random.below(1'000'000)));
    }
    auto captured = std::make_shared<proxy::captures>();
    return [table, captured, mapped, keys = std::move(keys)](std::size_t times) {
        for (std::size_t i = 0; i < times; ++i)
            if ((table->find(keys[i % keys.size()], *captured) != nullptr) != mapped) throw std::runtime_error("a wrong mapping");
    };
}

std::vector<micro> all_micros() {
    std::vector<micro> all{
        {"parse_get", [] { return parsing(request({"GET", "plain:100:12345"})); }},
        {"parse_set_100", [] { return parsing(request({"SET", "plain:100:12345", std::string(100, 'x')})); }},
        {"parse_set_16k", [] { return parsing(request({"SET", "plain:16k:1234", std::string(16'384, 'x')})); }},
        {"frame_100", [] { return framing(bulk_of(100)); }},
        {"frame_16k", [] { return framing(bulk_of(16'384)); }},
        {"frame_array", [] { return framing(request({"id", "7", "name", "Alice", "status", "OPEN"})); }},
    };
    for (const std::size_t mappings : {10u, 1'000u, 10'000u}) {
        all.push_back({"find_mapped_" + std::to_string(mappings), [mappings] { return looking_up(mappings, true); }});
        all.push_back({"find_unmapped_" + std::to_string(mappings), [mappings] { return looking_up(mappings, false); }});
    }
    return all;
}

// Nanoseconds per operation.
side_by_side::quartiles time(const micro& each) {
    const operation run = each.prepare();
    std::size_t times = 1'000;
    const auto took = [&] {
        const auto start = steady_clock::now();
        respgres_micro_region(run, times);
        return std::chrono::duration<double, std::nano>(steady_clock::now() - start).count();
    };
    while (took() < std::chrono::duration<double, std::nano>(slice).count()) times *= 2;
    std::vector<double> nanoseconds;
    for (std::size_t i = 0; i < slices; ++i) nanoseconds.push_back(took() / static_cast<double>(times));
    return side_by_side::quartiles_of(std::move(nanoseconds));
}

void print_times(const std::vector<micro>& all) {
    std::printf("id,value,low,high\n");
    for (const micro& each : all) {
        const auto found = time(each);
        std::printf("micro.%s.ns,%.2f,%.2f,%.2f\n", each.name.c_str(), found.median, found.low, found.high);
        std::fflush(stdout);
    }
}

void count(const std::vector<micro>& all, const std::string& name, std::size_t times) {
    for (const micro& each : all) {
        if (each.name != name) continue;
        const operation run = each.prepare();
        run(1'000);
        respgres_micro_region(run, times);
        return;
    }
    throw std::runtime_error("there is no micro-benchmark '" + name + "'");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("respgres_bench_micro: what parser, framer and mapping lookup cost");
    std::string counted;
    std::size_t times = 100'000;
    bool list = false;
    app.add_flag("--list", list, "print the names only");
    app.add_option("--count", counted, "run this one only, a fixed number of times");
    app.add_option("--times", times, "of --count")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        const auto all = all_micros();
        if (list) {
            for (const micro& each : all) std::printf("%s\n", each.name.c_str());
        } else if (counted.empty()) {
            print_times(all);
        } else {
            count(all, counted, times);
        }
        return 0;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "respgres_bench_micro: %s\n", why.what());
        return 1;
    }
}
