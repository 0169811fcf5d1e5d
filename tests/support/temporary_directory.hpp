#pragma once

#include <string>
#include <string_view>

namespace respgres::tests {

// A new directory below $TMPDIR (or /tmp) that the destructor removes with all that is in it.
class temporary_directory {
public:
    temporary_directory();
    ~temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    const std::string& path() const { return path_; }

    // Writes `text` to the file `name` in it and returns the file's path.
    std::string write(std::string_view name, std::string_view text) const;

private:
    std::string path_;
};

// The whole file, or "" if it cannot be read.
std::string read_file(const std::string& path);

}  // namespace respgres::tests
