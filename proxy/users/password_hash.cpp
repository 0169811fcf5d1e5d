#include "proxy/users/password_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace respgres::proxy {

namespace {

constexpr std::string_view prefix = "pbkdf2-sha256$";
constexpr std::size_t digest_size = 32;
constexpr std::size_t salt_size = 16;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string random_bytes(std::size_t count) {
    std::string made(count, '\0');
    if (RAND_bytes(bytes_of(made), static_cast<int>(count)) != 1) throw std::runtime_error("OpenSSL gives no random bytes");
    return made;
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.append({digits[byte >> 4], digits[byte & 15]});
    }
    return text;
}

// Lower case only, as Redis takes it.
std::optional<std::string> bytes_of_hex(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

std::string digest(std::string_view password, std::uint32_t iterations, std::string_view salt) {
    std::string made(digest_size, '\0');
    int worked = 0;
    if (iterations == 0)
        worked = EVP_Digest(password.data(), password.size(), bytes_of(made), nullptr, EVP_sha256(), nullptr);
    else
        worked = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt), static_cast<int>(salt.size()),
                                   static_cast<int>(iterations), EVP_sha256(), static_cast<int>(made.size()), bytes_of(made));
    if (worked != 1) throw std::runtime_error("OpenSSL computes no hash");
    return made;
}

}  // namespace

std::optional<password_hash> password_hash::parse(std::string_view text, std::string& complaint) {
    password_hash read;
    if (text.starts_with('#')) {
        const auto bytes = bytes_of_hex(text.substr(1));
        if (!bytes || bytes->size() != digest_size) {
            complaint = "behind '#' come 64 hexadecimal digits in lower case, a SHA-256 as in Redis' ACL files";
            return std::nullopt;
        }
        read.hash_ = *bytes;
        return read;
    }
    if (!text.starts_with(prefix)) {
        complaint = "it is no hash; `respgres hash-password` makes one from a password";
        return std::nullopt;
    }
    text.remove_prefix(prefix.size());
    const auto end = std::from_chars(text.data(), text.data() + text.size(), read.iterations_);
    text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
    const auto second = text.find('$', 1);
    const bool has_parts = end.ec == std::errc{} && text.starts_with('$') && second != std::string_view::npos;
    const auto salt = has_parts ? bytes_of_hex(text.substr(1, second - 1)) : std::nullopt;
    const auto hash = has_parts ? bytes_of_hex(text.substr(second + 1)) : std::nullopt;
    if (!salt || salt->empty() || !hash || hash->size() != digest_size) {
        complaint = "it is no whole line of `respgres hash-password`";
        return std::nullopt;
    }
    if (read.iterations_ < fewest_iterations || read.iterations_ > most_iterations) {
        complaint = "it has " + std::to_string(read.iterations_) + " iterations; from " + std::to_string(fewest_iterations) + " to " +
                    std::to_string(most_iterations) + " are taken";
        return std::nullopt;
    }
    read.salt_ = *salt;
    read.hash_ = *hash;
    return read;
}

bool password_hash::matches(std::string_view password) const {
    const std::string made = digest(password, iterations_, salt_);
    return CRYPTO_memcmp(made.data(), hash_.data(), digest_size) == 0;
}

std::string make_password_hash(std::string_view password, std::uint32_t iterations) {
    const std::string salt = random_bytes(salt_size);
    return std::string(prefix) + std::to_string(iterations) + "$" + hex_of(salt) + "$" + hex_of(digest(password, iterations, salt));
}

known_passwords::known_passwords() : key_(random_bytes(digest_size)) {}

known_passwords::~known_passwords() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

std::string known_passwords::tag_of(std::string_view user, std::string_view password) const {
    // A name holds no NUL, so that no two pairs give the same text.
    std::string text = std::string(user).append(1, '\0').append(password);
    std::string tag(digest_size, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes_of(text), text.size(), bytes_of(tag), &size);
    OPENSSL_cleanse(text.data(), text.size());
    return tag;
}

bool known_passwords::knows(std::string_view user, std::string_view password) const {
    const std::string tag = tag_of(user, password);
    return std::any_of(tags_.begin(), tags_.end(),
                       [&tag](const std::string& known) { return CRYPTO_memcmp(known.data(), tag.data(), tag.size()) == 0; });
}

void known_passwords::remember(std::string_view user, std::string_view password) {
    constexpr std::size_t most_tags = 4'096;   // in mode redis passwords come and go
    if (knows(user, password)) return;
    if (tags_.size() >= most_tags) tags_.erase(tags_.begin());
    tags_.push_back(tag_of(user, password));
}

}  // namespace respgres::proxy
