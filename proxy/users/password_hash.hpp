#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::proxy {

// A password as the users file holds it: `pbkdf2-sha256$ITERATIONS$SALT$HASH`, salt and hash in hexadecimal, or `#SHA256` as in Redis' ACL files.
// The second costs nothing to guess: it is for passwords that a machine made.
class password_hash {
public:
    // The complaint never repeats the text.
    static std::optional<password_hash> parse(std::string_view text, std::string& complaint);

    // Takes as long as the iterations do (some hundred milliseconds), the same whatever the password is.
    bool matches(std::string_view password) const;

    std::uint32_t iterations() const { return iterations_; }  // 0 = plain SHA-256

private:
    std::uint32_t iterations_ = 0;
    std::string salt_;
    std::string hash_;
};

// What OWASP advises for PBKDF2 with SHA-256.
constexpr std::uint32_t usual_iterations = 600'000;
constexpr std::uint32_t fewest_iterations = 1'000;
constexpr std::uint32_t most_iterations = 10'000'000;

// The line for the users file, with a salt drawn at random.
std::string make_password_hash(std::string_view password, std::uint32_t iterations = usual_iterations);

// Remembers which passwords were right without keeping them or anything from which they could be guessed outside this process: their HMACs under a key
// that is drawn at the start, the newest some thousand. So that clients which connect again and again do not cost a hash each. Not thread-safe.
class known_passwords {
public:
    known_passwords();
    ~known_passwords();
    known_passwords(const known_passwords&) = delete;
    known_passwords& operator=(const known_passwords&) = delete;

    bool knows(std::string_view user, std::string_view password) const;
    void remember(std::string_view user, std::string_view password);

private:
    std::string tag_of(std::string_view user, std::string_view password) const;

    std::string key_;
    std::vector<std::string> tags_;
};

}  // namespace respgres::proxy
