#include "conf/values/text_file.hpp"

#include "conf/values/quantity.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace respgres::conf {

namespace {

constexpr std::size_t longest_secret = 4'096;

class file_descriptor {
public:
    explicit file_descriptor(const std::string& path) : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {}
    ~file_descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    file_descriptor(const file_descriptor&) = delete;
    file_descriptor& operator=(const file_descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

complaint cannot_read() {
    return "cannot be read: " + std::generic_category().message(errno);
}

// Reads up to `longest` + 1 bytes: one more shows that the file is too large, whatever its size was when it was opened.
bool read_all(int fd, std::size_t longest, std::string& out) {
    out.resize(longest + 1);
    std::size_t filled = 0;
    while (filled < out.size()) {
        const auto got = ::read(fd, out.data() + filled, out.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    out.resize(filled);
    return true;
}

}  // namespace

text_file read_text_file(const std::string& path, std::size_t longest) {
    text_file file;
    const file_descriptor opened{path};
    struct stat status{};
    if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) {
        file.wrong = cannot_read();
    } else if (!S_ISREG(status.st_mode)) {
        file.wrong = "is not a regular file";
    } else if (!read_all(opened.get(), longest, file.text)) {
        file.wrong = cannot_read();
    } else if (file.text.size() > longest) {
        file.wrong = "is larger than " + show_size(static_cast<std::int64_t>(longest));
    }
    file.is_private = (status.st_mode & S_IRWXO) == 0;
    if (!file.wrong.empty()) file.text.clear();
    return file;
}

complaint read_secret_file(const std::string& path, std::string& out) {
    auto file = read_text_file(path, longest_secret);
    if (!file.wrong.empty()) return quote(path) + " " + file.wrong;
    if (!file.is_private) return quote(path) + " is open to every user of this machine; chmod 600 or 640 it";
    if (file.text.ends_with('\n')) file.text.pop_back();
    if (file.text.ends_with('\r')) file.text.pop_back();
    if (file.text.empty()) return quote(path) + " holds no password";
    if (file.text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
        return quote(path) + " must hold one line, the password";
    out = std::move(file.text);
    return {};
}

}  // namespace respgres::conf
