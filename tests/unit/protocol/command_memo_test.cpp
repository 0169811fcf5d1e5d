#include "protocol/commands/command_memo.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <string>

namespace respgres::protocol {

TEST_CASE("command_memo: says what the table says, the second time too, or nothing", "[protocol]") {
    command_memo memo;
    std::size_t known = 0;
    for (int round = 0; round < 2; ++round) {
        for (const command_info& row : all_commands()) {
            std::string name(row.name);
            if (round == 1) std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
            for (int time = 0; time < 2; ++time) {
                const auto* found = memo.find(name);
                if (found == nullptr) continue;
                ++known;
                INFO(name);
                CHECK(found->command == &row);
                CHECK(found->is_forwarded == (row.how == handling::forward));
                CHECK(row.subcommands.empty());
                CHECK_FALSE(row.has(command_flag::blocking));
                const std::string key = "key";
                std::vector<std::string_view> words(static_cast<std::size_t>(row.arity < 0 ? -row.arity : row.arity), key);
                words[0] = name;
                if (words.size() < 2 || !found->has_key_behind_name) continue;
                std::vector<std::uint32_t> places;
                for_each_key(row, words, [&places](key_position at) { places.push_back(at.argument); });
                CHECK(places == std::vector<std::uint32_t>{1});
            }
        }
    }
    CHECK(known > 300);
    REQUIRE(memo.find("get") != nullptr);
    CHECK(memo.find("get")->has_key_behind_name);
}

TEST_CASE("command_memo: does not take one name for another", "[protocol]") {
    using namespace std::string_view_literals;
    command_memo memo;
    REQUIRE(memo.find("GET") != nullptr);
    for (const auto name :
         {"GET\0"sv, "\0GET"sv, "GE"sv, "GETT"sv, ""sv, "GET\0\0\0\0"sv, "config"sv, "exists"sv, "xread"sv, "incrbyfloat"sv})
        CHECK(memo.find(name) == nullptr);
}

}  // namespace respgres::protocol
