#pragma once

#include <cstddef>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// Sanitizers follow memory, and what one thread tells another, through libc's calls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESPGRES_CALLS_LIBC
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESPGRES_CALLS_LIBC
#endif
#endif

namespace respgres::net {

// recv(), send() and sendmsg() of a non-blocking socket; the result and errno as usual, and no SIGPIPE. Any thread.
//
// Those of libc are also points at which a thread can be cancelled, which none of ours is: in a program with threads that costs more than the rest of the
// call outside the kernel.
inline ssize_t receive_from(int fd, char* into, std::size_t most) {
#ifdef RESPGRES_CALLS_LIBC
    return ::recv(fd, into, most, 0);
#else
    return ::syscall(SYS_recvfrom, fd, into, most, 0, nullptr, nullptr);
#endif
}

inline ssize_t send_to(int fd, const char* bytes, std::size_t count) {
#ifdef RESPGRES_CALLS_LIBC
    return ::send(fd, bytes, count, MSG_NOSIGNAL);
#else
    return ::syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, nullptr, 0);
#endif
}

inline ssize_t send_to(int fd, const msghdr& message) {
#ifdef RESPGRES_CALLS_LIBC
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
#else
    return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
#endif
}

}  // namespace respgres::net
