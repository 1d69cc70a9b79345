/* Loaded into the server in front of libc: calls on the files of the database fail while a switch says so.
 * The switch is a small file that the test writes and this maps, so that it turns at once, both ways. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { SYNC = 1, WRITE = 2, READ = 4, OPEN = 8 };

struct faults {
    _Atomic unsigned kinds; /* which calls fail */
    _Atomic unsigned error; /* with what errno */
    _Atomic unsigned every; /* one of how many */
    _Atomic unsigned calls; /* how many might have failed */
    _Atomic unsigned hits;  /* how many did */
};

static struct faults *faults;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void map_switch(void) {
    const char *path = getenv("FAULTY_IO_SWITCH");
    int fd = path ? NEXT(open)(path, O_RDWR) : -1;
    void *memory = fd < 0 ? MAP_FAILED : mmap(0, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        fputs("FAULTY_IO_SWITCH cannot be mapped\n", stderr);
        _exit(70);
    }
    faults = memory;
}

static int fails_at(unsigned kind, const char *path) {
    if (!(faults->kinds & kind) || !strstr(path, "/tasks.db")) return 0;
    if (atomic_fetch_add(&faults->calls, 1) % faults->every != 0) return 0;
    atomic_fetch_add(&faults->hits, 1);
    errno = (int)faults->error;
    return 1;
}

static int fails(unsigned kind, int fd) {
    if (!faults || !(faults->kinds & kind)) return 0;
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails_at(kind, path);
}

int fsync(int fd) { return fails(SYNC, fd) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fails(SYNC, fd) ? -1 : NEXT(fdatasync)(fd); }
int ftruncate64(int fd, off64_t size) { return fails(WRITE, fd) ? -1 : NEXT(ftruncate64)(fd, size); }
ssize_t write(int fd, const void *from, size_t size) { return fails(WRITE, fd) ? -1 : NEXT(write)(fd, from, size); }
ssize_t read(int fd, void *into, size_t size) { return fails(READ, fd) ? -1 : NEXT(read)(fd, into, size); }

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    return fails(WRITE, fd) ? -1 : NEXT(pwrite64)(fd, from, size, at);
}

ssize_t pread64(int fd, void *into, size_t size, off64_t at) {
    return fails(READ, fd) ? -1 : NEXT(pread64)(fd, into, size, at);
}

#define OPEN_LIKE(name)                                          \
    int name(const char *path, int flags, ...) {                 \
        va_list rest;                                            \
        va_start(rest, flags);                                   \
        mode_t mode = va_arg(rest, mode_t);                      \
        va_end(rest);                                            \
        if (faults && fails_at(OPEN, path)) return -1;           \
        return NEXT(name)(path, flags, mode);                    \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
