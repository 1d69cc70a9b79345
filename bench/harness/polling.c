/* Loaded into wrk: it asks for answers again and again instead of sleeping until there is one. See polling.py. */

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* As epoll_wait(2), interrupts included. */
int epoll_wait(int set, struct epoll_event *events, int room, int patience) {
    long long end = milliseconds_now() + patience;
    for (;;) {
        int found = syscall(SYS_epoll_wait, set, events, room, 0);
        if (found != 0 || (patience >= 0 && milliseconds_now() >= end)) return found;
    }
}
