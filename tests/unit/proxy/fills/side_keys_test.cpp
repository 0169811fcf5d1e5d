#include "proxy/fills/side_keys.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace respgres::proxy {

namespace {

// The slot as the Redis Cluster specification words it, bit by bit, without a line in common with the code: CRC16-XMODEM of the text between the
// first '{' and the first '}' behind it if that is not empty, else of the whole key.
unsigned specified_slot(const std::string& key) {
    std::string hashed = key;
    for (std::size_t open = 0; open < key.size(); ++open) {
        if (key[open] != '{') continue;
        std::size_t close = open + 1;
        while (close < key.size() && key[close] != '}') ++close;
        if (close < key.size() && close != open + 1) hashed = key.substr(open + 1, close - open - 1);
        break;
    }
    unsigned crc = 0;
    for (const char c : hashed) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
        for (int bit = 0; bit < 8; ++bit) {
            crc <<= 1;
            if ((crc & 0x10000u) != 0) crc = (crc ^ 0x1021u) & 0xffffu;
        }
    }
    return crc & 16383u;
}

// All brace forms, then all texts of up to five of these bytes.
std::vector<std::string> keys() {
    std::vector<std::string> all{"",
                                 "active_bets:limit_100",
                                 "a}b",
                                 "a{}b",
                                 "{x}y",
                                 "{}",
                                 "{}{x}",
                                 "a{b",
                                 "a}b{c}d",
                                 "{{x}}",
                                 "a{{b}c",
                                 "{x}{y}",
                                 "}{",
                                 "}x{y}z",
                                 "{user1000}.following",
                                 "foo{}{bar}",
                                 "foo{bar}{zap}",
                                 ":",
                                 "{x}:",
                                 "respgres:l:{k}",
                                 "}:k",
                                 "a}:b",
                                 std::string("nul\0}", 5),
                                 "\xff}\x80",
                                 std::string(100'000, 'k'),
                                 std::string(70'000, '}')};
    const std::string letters = "a{}:";
    std::vector<std::string> last{""};
    for (int length = 1; length <= 5; ++length) {
        std::vector<std::string> longer;
        for (const std::string& base : last)
            for (const char c : letters) longer.push_back(base + c);
        all.insert(all.end(), longer.begin(), longer.end());
        last = std::move(longer);
    }
    return all;
}

}  // namespace

TEST_CASE("side_keys: slots are those of Redis Cluster", "[proxy]") {
    // Of the specification: CRC16 of "123456789" is 31C3. Of redis-server's CLUSTER KEYSLOT: the others; the last three are F19 of the protocol's facts.
    CHECK(cluster_slot("123456789") == 0x31c3);
    CHECK(cluster_slot("somekey") == 11058);
    CHECK(cluster_slot("foo{hash_tag}") == 2515);
    CHECK(cluster_slot("bar{hash_tag}") == 2515);
    CHECK(cluster_slot("foo") == 12182);
    CHECK(cluster_slot("") == 0);
    CHECK(cluster_slot("a}b") == 7866);
    CHECK(cluster_slot("a{}b") == 13694);
    CHECK(cluster_slot("{x}y") == 16287);
    CHECK(cluster_slot("respgres:l:{a}b}") == 15495);
    CHECK(cluster_slot("respgres:l:{a{}b}") == 14311);
    CHECK(cluster_slot("respgres:l:{{x}y}") == 11068);
    for (const std::string& key : keys()) REQUIRE(cluster_slot(key) == specified_slot(key));
}

TEST_CASE("side_keys: lease and tombstone are in the key's slot, whatever braces it has", "[proxy]") {
    for (const std::string& key : keys()) {
        INFO(key.substr(0, 100));
        REQUIRE(specified_slot(lease_name(key)) == specified_slot(key));
        REQUIRE(specified_slot(tombstone_name(key)) == specified_slot(key));
    }
}

TEST_CASE("side_keys: every slot can be reached by a key that brings no tag of its own", "[proxy]") {
    std::set<unsigned> seen;
    for (int i = 0; seen.size() < 16384 && i < 1'000'000; ++i) {
        const std::string key = "}" + std::to_string(i);
        const unsigned slot = specified_slot(key);
        if (!seen.insert(slot).second) continue;
        REQUIRE(specified_slot(lease_name(key)) == slot);
        REQUIRE(lease_name(key).size() < key.size() + 24);
    }
    CHECK(seen.size() == 16384);
}

TEST_CASE("side_keys: the key is read back from both names", "[proxy]") {
    for (const std::string& key : keys()) {
        INFO(key.substr(0, 100));
        const std::string lease = lease_name(key);
        const std::string tombstone = tombstone_name(key);
        REQUIRE(key_of_side_key(lease) == key);
        REQUIRE(key_of_side_key(tombstone) == key);
    }
}

TEST_CASE("side_keys: different keys have different names, and a lease is no tombstone", "[proxy]") {
    std::set<std::string> names;
    std::size_t count = 0;
    const auto all = keys();
    const std::set<std::string> distinct(all.begin(), all.end());
    for (const std::string& key : distinct) {
        names.insert(lease_name(key));
        names.insert(tombstone_name(key));
        count += 2;
    }
    CHECK(names.size() == count);
}

TEST_CASE("side_keys: the names are those of the protocol where it gives one", "[proxy]") {
    CHECK(lease_name("active_bets:limit_100") == "respgres:l:{active_bets:limit_100}");
    CHECK(tombstone_name("active_bets:limit_100") == "respgres:n:{active_bets:limit_100}");
    CHECK(lease_name("{x}y") == "respgres:l:{x}:{x}y");
}

TEST_CASE("side_keys: other names are nobody's lease", "[proxy]") {
    for (const char* name : {"", "respgres:", "respgres:l:", "respgres:l:{", "respgres:l:{abc", "respgres:x:{a}", "respgres:l:a",
                             "respgres:l:{a}b", "a:respgres:l:{a}", "RESPGRES:L:{a}"}) {
        INFO(name);
        CHECK(key_of_side_key(name) == std::nullopt);
    }
}

TEST_CASE("side_keys: the glob that finds them has the beginning of both names", "[proxy]") {
    CHECK(side_key_glob == "respgres:[ln]:*");
    CHECK(lease_name("k").starts_with("respgres:l:"));
    CHECK(tombstone_name("k").starts_with("respgres:n:"));
}

}  // namespace respgres::proxy
