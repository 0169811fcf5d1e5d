#include "proxy/commands/mapped_keys.hpp"

#include "tests/unit/proxy/mappings/settings.hpp"

#include <catch2/catch.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

namespace {

using protocol::key_access;

mapping_table table() {
    conf::problems found;
    auto made = mapping_table::build(tests::settings_of({"bet:{id:int}", "user:{name}"}), found);
    REQUIRE(found.empty());
    return made;
}

struct shown {
    std::string key;
    std::string mapping;
    key_access access;
    bool converts;

    bool operator==(const shown&) const = default;
};

std::vector<shown> mapped(const std::vector<std::string_view>& words) {
    static const mapping_table mappings = table();
    const protocol::command_info* const command = protocol::find_command(words.front());
    REQUIRE(command != nullptr);
    captures scratch;
    std::vector<shown> out;
    for (const mapped_key& found : find_mapped_keys(mappings, *command, words, scratch))
        out.push_back({std::string(found.key), found.source->settings.name, found.access, found.converts});
    return out;
}

std::ostream& operator<<(std::ostream& out, const shown& one) {
    return out << one.key << " of " << one.mapping << ", access " << static_cast<int>(one.access)
               << (one.converts ? "" : ", does not convert");
}

}  // namespace

TEST_CASE("mapped_keys: the keys that a mapping declares, in the command's order, and no others", "[proxy]") {
    CHECK(mapped({"get", "other"}).empty());
    CHECK(mapped({"GET", "bet:1"}) == std::vector<shown>{{"bet:1", "m0", key_access::read, true}});
    CHECK(mapped({"mget", "user:bob", "x", "bet:2"}) ==
          std::vector<shown>{{"user:bob", "m1", key_access::read, true}, {"bet:2", "m0", key_access::read, true}});
    CHECK(mapped({"ping", "bet:1"}).empty());
    CHECK(mapped({"set", "x", "bet:1"}).empty());   // a value is no key
}

TEST_CASE("mapped_keys: each key has its own verdict on its captures", "[proxy]") {
    CHECK(mapped({"mget", "bet:one", "bet:2", "bet:03"}) == std::vector<shown>{{"bet:one", "m0", key_access::read, false},
                                                                               {"bet:2", "m0", key_access::read, true},
                                                                               {"bet:03", "m0", key_access::read, false}});
}

TEST_CASE("mapped_keys: access is what the command does to the key", "[proxy]") {
    CHECK(mapped({"del", "bet:1"}) == std::vector<shown>{{"bet:1", "m0", key_access::remove, true}});
    CHECK(mapped({"set", "bet:1", "x"}) == std::vector<shown>{{"bet:1", "m0", key_access::overwrite, true}});
    CHECK(mapped({"append", "bet:1", "x"}) == std::vector<shown>{{"bet:1", "m0", key_access::read_write, true}});
    CHECK(mapped({"copy", "bet:1", "bet:2"}) ==
          std::vector<shown>{{"bet:1", "m0", key_access::read, true}, {"bet:2", "m0", key_access::overwrite, true}});
    CHECK(mapped({"object", "encoding", "bet:1"}).size() == 1);
}

TEST_CASE("mapped_keys: keys of scripts count as read, words behind them are arguments", "[proxy]") {
    for (const char* command : {"eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"}) {
        INFO(command);
        CHECK(mapped({command, "body", "1", "bet:1", "bet:2"}) == std::vector<shown>{{"bet:1", "m0", key_access::read, true}});
    }
    CHECK(mapped({"eval", "body", "nonsense", "bet:1"}).empty());
    CHECK(mapped({"eval", "body", "99", "bet:1"}).empty());
}

}  // namespace respgres::proxy
