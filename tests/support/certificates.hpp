#pragma once

#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace respgres::tests {

// PEM files.
struct certificate_files {
    std::string certificate;
    std::string key;   // mode 600
};

// An authority that signs certificates, with their files in a temporary directory. Elliptic curves, so that each costs a millisecond.
class authority {
public:
    explicit authority(const std::string& name = "authority");
    ~authority();
    authority(const authority&) = delete;
    authority& operator=(const authority&) = delete;

    // The authority's own certificate.
    const std::string& file() const { return file_; }

    // `names` as subjectAltName has them. A negative time: it has expired.
    certificate_files issue(const std::string& common_name, const std::string& names = "IP:127.0.0.1,DNS:localhost",
                            std::chrono::seconds valid = std::chrono::hours(1)) const;

    // Where it keeps its files, and a test may keep its own.
    const temporary_directory& directory() const { return directory_; }

private:
    struct identity;

    temporary_directory directory_;
    std::unique_ptr<identity> own_;
    std::string file_;
};

}  // namespace respgres::tests
