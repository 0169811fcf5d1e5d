#pragma once

#include "conf/reader.hpp"

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::conf::test {

using lines = std::vector<std::string>;

inline lines to_lines(const problems& found) {
    lines all;
    for (const auto& each : found) all.push_back(to_string(each));
    return all;
}

// What is wrong with `toml`, as the operator reads it; the file is called "t".
inline lines problems_of(std::string_view toml) {
    return to_lines(read_text(toml, "t").found);
}

// A directory that is removed with everything in it.
class temporary_directory {
public:
    temporary_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "respgres-conf-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        path_ = pattern;
    }
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    std::string at(const std::string& name) const { return (path_ / name).string(); }

    // Writes a file with the given permission bits and returns its path.
    std::string write(const std::string& name, std::string_view text, unsigned mode = 0600) const {
        std::ofstream{at(name), std::ios::binary} << text;
        std::filesystem::permissions(at(name), static_cast<std::filesystem::perms>(mode));
        return at(name);
    }

private:
    std::filesystem::path path_;
};

}  // namespace respgres::conf::test
