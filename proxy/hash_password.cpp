#include "proxy/hash_password.hpp"

#include "proxy/users/password_hash.hpp"

#include <openssl/crypto.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <termios.h>
#include <unistd.h>

namespace respgres::proxy {

namespace {

constexpr int exit_problems = 2;

// The terminal shows nothing of what is typed while this lives.
class silent_terminal {
public:
    silent_terminal() {
        is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_terminal_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~silent_terminal() {
        if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    silent_terminal(const silent_terminal&) = delete;
    silent_terminal& operator=(const silent_terminal&) = delete;

    bool is_terminal() const { return is_terminal_; }

private:
    termios before_{};
    bool is_terminal_ = false;
};

std::optional<std::string> ask(const silent_terminal& terminal, const char* question) {
    if (terminal.is_terminal()) std::fputs(question, stderr);
    std::string line;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    if (terminal.is_terminal()) std::fputs("\n", stderr);
    if (line.ends_with('\r')) line.pop_back();
    return read && !line.empty() ? std::optional(line) : std::nullopt;
}

int fail(const char* why) {
    std::fprintf(stderr, "respgres: %s\n", why);
    return exit_problems;
}

}  // namespace

int hash_password(std::uint32_t iterations) {
    std::optional<std::string> password;
    {
        const silent_terminal terminal;
        password = ask(terminal, "password: ");
        if (!password) return fail("no password was given");
        if (terminal.is_terminal() && ask(terminal, "again: ") != password) return fail("the two passwords differ");
    }
    std::printf("%s\n", make_password_hash(*password, iterations).c_str());
    OPENSSL_cleanse(password->data(), password->size());
    return 0;
}

}  // namespace respgres::proxy
