#pragma once

#include "conf/values/text.hpp"

#include <cstddef>
#include <string>

namespace respgres::conf {

struct text_file {
    std::string text;
    complaint wrong;             // "cannot be read: No such file or directory"
    bool is_private = false;     // open to its owner and group only
};

// Reads a regular file of at most `longest` bytes. Directories, pipes and devices are refused: they could block or have no end.
text_file read_text_file(const std::string& path, std::size_t longest);

// The secret in a private file, without its one trailing newline. The complaint names the file, never its content.
complaint read_secret_file(const std::string& path, std::string& out);

}  // namespace respgres::conf
