#include "proxy/near/push_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace respgres::proxy;

namespace {

std::pair<push_kind, std::vector<std::string>> read(std::string_view message) {
    std::vector<std::string> keys;
    const push_kind kind = read_push(message, [&](std::string_view key) { keys.emplace_back(key); });
    return {kind, keys};
}

}  // namespace

TEST_CASE("push_reader: the keys of an invalidation, whatever bytes they are of", "[near]") {
    const auto [kind, keys] = read(">2\r\n$10\r\ninvalidate\r\n*3\r\n$1\r\na\r\n$0\r\n\r\n$4\r\nx\r\ny\r\n");
    CHECK(kind == push_kind::keys);
    CHECK(keys == std::vector<std::string>{"a", "", "x\r\ny"});
}

TEST_CASE("push_reader: everything may have changed when Redis says so, or says what is not understood", "[near]") {
    CHECK(read(">2\r\n$10\r\ninvalidate\r\n_\r\n").first == push_kind::all);
    CHECK(read(">2\r\n$10\r\ninvalidate\r\n*-1\r\n").first == push_kind::all);
    CHECK(read(">2\r\n$21\r\ntracking-redir-broken\r\n:7\r\n").first == push_kind::all);
    CHECK(read(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n:5\r\n").first == push_kind::all);
    CHECK(read("*1\r\n$1\r\na\r\n").first == push_kind::all);
    CHECK(read("").first == push_kind::all);
}

TEST_CASE("push_reader: other pushes say nothing of keys", "[near]") {
    CHECK(read(">2\r\n$7\r\nmessage\r\n$1\r\na\r\n").first == push_kind::other);
}
