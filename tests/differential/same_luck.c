/* Preloaded into redis-server, so that two of them are as like as two can be: the same seeds (hash tables, SPOP, skip lists), the same process
 * number (of which Redis makes a seed), and a clock that stands still until the test moves it: then Redis' cron runs once. The clock is the file
 * RESPGRES_CLOCK: eight bytes, microseconds since 1970. SIGTERM is looked at by cron only, so such a server is ended by SIGKILL. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* shared_clock;

__attribute__((constructor)) static void open_clock(void) {
    const char* path = getenv("RESPGRES_CLOCK");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void* mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) {
        fputs("same_luck: RESPGRES_CLOCK does not name a clock\n", stderr);
        _exit(1);
    }
    close(file);
    shared_clock = mapped;
}

/* Also before the clock is open: the allocator asks for the time when it begins. */
static int64_t microseconds_now(void) {
    return shared_clock == NULL ? 0 : *shared_clock;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    (void)zone;
    const int64_t microseconds = microseconds_now();
    now->tv_sec = microseconds / 1000000;
    now->tv_usec = microseconds % 1000000;
    return 0;
}

/* Of all clocks: Redis reads two, and a difference between them is of no consequence. */
int clock_gettime(clockid_t which, struct timespec* now) {
    (void)which;
    const int64_t microseconds = microseconds_now();
    now->tv_sec = microseconds / 1000000;
    now->tv_nsec = microseconds % 1000000 * 1000;
    return 0;
}

time_t time(time_t* now) {
    const time_t seconds = microseconds_now() / 1000000;
    if (now != NULL) *now = seconds;
    return seconds;
}

pid_t getpid(void) {
    return 4242;
}

static FILE* open_as(const char* function, const char* path, const char* mode) {
    static char seed[] = "twenty bytes and some more, the same for each server that is started";
    if (strcmp(path, "/dev/urandom") == 0) return fmemopen(seed, sizeof seed, mode);
    FILE* (*real)(const char*, const char*) = dlsym(RTLD_NEXT, function);
    return real(path, mode);
}

FILE* fopen(const char* restrict path, const char* restrict mode) {
    return open_as("fopen", path, mode);
}

FILE* fopen64(const char* restrict path, const char* restrict mode) {
    return open_as("fopen64", path, mode);
}
