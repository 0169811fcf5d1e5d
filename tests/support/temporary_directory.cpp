#include "tests/support/temporary_directory.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace respgres::tests {

temporary_directory::temporary_directory() : path_((std::filesystem::temp_directory_path() / "respgres-test-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
}

temporary_directory::~temporary_directory() {
    std::error_code ignored;   // the janitor may be removing it at the same time
    std::filesystem::remove_all(path_, ignored);
}

std::string temporary_directory::write(std::string_view name, std::string_view text) const {
    auto file = path_ + "/" + std::string(name);
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file);
    return file;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace respgres::tests
