#include "proxy/users/password_hash.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace respgres::proxy;

namespace {

password_hash parsed(std::string_view text) {
    std::string complaint;
    const auto hash = password_hash::parse(text, complaint);
    INFO(complaint);
    REQUIRE(hash);
    return *hash;
}

std::string complaint_about(std::string_view text) {
    std::string complaint;
    CHECK_FALSE(password_hash::parse(text, complaint));
    return complaint;
}

}  // namespace

TEST_CASE("password_hash: a made hash takes its password and no other", "[proxy]") {
    const std::string text = make_password_hash("open sesame", 1'000);

    CHECK(text.starts_with("pbkdf2-sha256$1000$"));
    CHECK(make_password_hash("open sesame", 1'000) != text);   // another salt
    const password_hash hash = parsed(text);
    CHECK(hash.iterations() == 1'000);
    CHECK(hash.matches("open sesame"));
    CHECK_FALSE(hash.matches("open sesamE"));
    CHECK_FALSE(hash.matches(""));
}

TEST_CASE("password_hash: PBKDF2 is the standard's, and the plain SHA-256 that of Redis' ACL", "[proxy]") {
    // RFC 7914, section 11: PBKDF2-HMAC-SHA-256 with P="Password", S="NaCl", c=80000 (its first 32 bytes).
    CHECK(parsed("pbkdf2-sha256$80000$4e61436c$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56").matches("Password"));
    // FIPS 180: SHA-256 of "abc".
    const password_hash plain = parsed("#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(plain.iterations() == 0);
    CHECK(plain.matches("abc"));
    CHECK_FALSE(plain.matches("abd"));
}

TEST_CASE("password_hash: what is no hash is refused, and never repeated", "[proxy]") {
    for (const std::string text : {"secret", "", "#secret", "#BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                                   "pbkdf2-sha256$secret", "pbkdf2-sha256$1000$secret$secret", "pbkdf2-sha256$1000$00$secret",
                                   "pbkdf2-sha256$1000$$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"}) {
        INFO(text);
        const std::string complaint = complaint_about(text);
        CHECK_FALSE(complaint.empty());
        CHECK(complaint.find("secret") == std::string::npos);
    }
    constexpr std::string_view rest = "$4e61436c$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56";
    CHECK(complaint_about("pbkdf2-sha256$999" + std::string(rest)) == "it has 999 iterations; from 1000 to 10000000 are taken");
    CHECK(complaint_about("pbkdf2-sha256$99999999" + std::string(rest)).starts_with("it has 99999999 iterations"));
}

TEST_CASE("known_passwords: knows the pairs that it was told, and only those", "[proxy]") {
    known_passwords known;
    CHECK_FALSE(known.knows("ann", "a"));

    known.remember("ann", "a");
    known.remember("ann", "b");

    CHECK(known.knows("ann", "a"));
    CHECK(known.knows("ann", "b"));
    CHECK_FALSE(known.knows("bob", "a"));
    CHECK_FALSE(known.knows("an", "na"));
    CHECK_FALSE(known_passwords().knows("ann", "a"));
}
