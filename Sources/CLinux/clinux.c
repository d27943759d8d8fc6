#include "CLinux.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/sched.h>
#include <net/if.h>
#include <pthread.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// MARK: Sockets

static int numeric(const char *ip, uint16_t port, struct sockaddr_storage *out, socklen_t *length) {
    memset(out, 0, sizeof *out);
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *length = sizeof *v4;
        return AF_INET;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *length = sizeof *v6;
        return AF_INET6;
    }
    return -EINVAL;
}

static int fail(int fd) {
    int code = errno;
    if (fd >= 0) close(fd);
    return -code;
}

int cl_is_numeric(const char *ip) {
    struct sockaddr_storage address;
    socklen_t length;
    return numeric(ip, 0, &address, &length) > 0;
}

int cl_resolve(const char *host, char *out, size_t size) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    int code = getaddrinfo(host, NULL, &hints, &list);
    if (code != 0) return code == EAI_SYSTEM ? -errno : code == EAI_AGAIN ? -EAGAIN : -EADDRNOTAVAIL;
    size_t used = 0;
    out[0] = 0;
    for (struct addrinfo *each = list; each; each = each->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0) continue;
        size_t length = strlen(text);
        if (used + length + 2 > size) break;
        used += (size_t)snprintf(out + used, size - used, "%s\n", text);
    }
    freeaddrinfo(list);
    return used ? 0 : -EADDRNOTAVAIL;
}

int cl_tcp_listen(const char *ip, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t length;
    int family = numeric(ip, port, &address, &length);
    if (family < 0) return family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 4096) != 0) return fail(fd);
    return fd;
}

int cl_tcp_connect(const char *ip, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t length;
    int family = numeric(ip, port, &address, &length);
    if (family < 0) return family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS) return fail(fd);
    return fd;
}

static int unix_address(const char *path, struct sockaddr_un *out) {
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof out->sun_path) return -ENAMETOOLONG;
    strcpy(out->sun_path, path);
    return 0;
}

int cl_unix_listen(const char *path) {
    struct sockaddr_un address;
    int code = unix_address(path, &address);
    if (code) return code;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    // Nobody but us between bind and the owner's chmod.
    mode_t mask = umask(0177);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    int error = errno;
    umask(mask);
    errno = error;
    if (bound != 0 || listen(fd, 1024) != 0) return fail(fd);
    return fd;
}

int cl_unix_connect(const char *path) {
    struct sockaddr_un address;
    int code = unix_address(path, &address);
    if (code) return code;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return fail(fd);
    return fd;
}

int cl_accept(int fd) {
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return accepted < 0 ? -errno : accepted;
}

int cl_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
    return -error;
}

int cl_socket_name(int fd, bool peer, char *ip, size_t size, uint16_t *port) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int code = peer ? getpeername(fd, (struct sockaddr *)&address, &length)
                    : getsockname(fd, (struct sockaddr *)&address, &length);
    if (code != 0) return -errno;
    if (address.ss_family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
        inet_ntop(AF_INET, &v4->sin_addr, ip, (socklen_t)size);
        *port = ntohs(v4->sin_port);
    } else if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, (socklen_t)size);
        *port = ntohs(v6->sin6_port);
    } else {
        return -EAFNOSUPPORT;
    }
    return 0;
}

void cl_tcp_options(int fd) {
    int one = 1, timeout = 15000, idle = 10, interval = 5, count = 3, unsent = 128 * 1024;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    // What has not left this host waits where something urgent can pass it, not in the kernel's queue.
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

void cl_tcp_reset(int fd) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

int cl_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid) {
    struct ucred who;
    socklen_t length = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return -errno;
    *uid = who.uid;
    *gid = who.gid;
    *pid = who.pid;
    return 0;
}

int cl_addresses(char *out, size_t size) {
    struct ifaddrs *list;
    size_t used = 0;
    out[0] = 0;
    if (getifaddrs(&list) != 0) return -errno;
    for (struct ifaddrs *each = list; each; each = each->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        if (!each->ifa_addr || !(each->ifa_flags & IFF_UP) || (each->ifa_flags & IFF_LOOPBACK)) continue;
        if (each->ifa_addr->sa_family == AF_INET) {
            struct in_addr *v4 = &((struct sockaddr_in *)each->ifa_addr)->sin_addr;
            if ((ntohl(v4->s_addr) >> 16) == 0xa9fe) continue;
            inet_ntop(AF_INET, v4, text, sizeof text);
        } else if (each->ifa_addr->sa_family == AF_INET6) {
            struct in6_addr *v6 = &((struct sockaddr_in6 *)each->ifa_addr)->sin6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(v6)) continue;
            inet_ntop(AF_INET6, v6, text, sizeof text);
        } else {
            continue;
        }
        if (used + strlen(text) + 2 > size) break;
        used += (size_t)snprintf(out + used, size - used, "%s\n", text);
    }
    freeifaddrs(list);
    return 0;
}

int cl_is_socket(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

int cl_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return -errno;
    return 0;
}

int cl_random(void *out, size_t count) {
    return getrandom(out, count, 0) == (ssize_t)count ? 0 : -EIO;
}

const char *cl_error_text(int code) {
    // Immutable strings, unlike strerror's.
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

// MARK: Terminals

int cl_get_window(int fd, uint16_t *rows, uint16_t *columns) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -errno;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

// The terminal to restore; -1: none. The process has one person in front of it.
static volatile sig_atomic_t changed_fd = -1;
static struct termios changed_state;
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void restore_and_end(int number) {
    // Only calls that a handler may make. SA_RESETHAND has put the default back.
    if (changed_fd >= 0) tcsetattr(changed_fd, TCSANOW, &changed_state);
    raise(number);
}

static void restore_at_exit(void) { cl_restore(); }

static int change(int fd, void (*make)(struct termios *)) {
    static bool registered;
    struct termios state;
    if (changed_fd >= 0) return -EBUSY;
    if (tcgetattr(fd, &state) != 0) return -errno;
    if (!registered && atexit(restore_at_exit) != 0) return -ENOMEM;
    registered = true;
    changed_state = state;
    changed_fd = fd;
    for (size_t each = 0; each < sizeof ending / sizeof *ending; each++) {
        struct sigaction before, ours = {.sa_handler = restore_and_end, .sa_flags = (int)SA_RESETHAND};
        // Who handles or ignores the signal already is not disturbed.
        if (sigaction(ending[each], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ending[each], &ours, NULL);
    }
    make(&state);
    if (tcsetattr(fd, TCSADRAIN, &state) == 0) return 0;
    int code = errno;
    cl_restore();
    return -code;
}

static void raw(struct termios *state) { cfmakeraw(state); }
static void hidden(struct termios *state) {
    state->c_lflag &= ~(tcflag_t)ECHO;
    // The newline is shown, or the next line would follow the question.
    state->c_lflag |= ICANON | ECHONL;
}

int cl_make_raw(int fd) { return change(fd, raw); }
int cl_hide_input(int fd) { return change(fd, hidden); }

int cl_restore(void) {
    int fd = changed_fd, code = 0;
    if (fd < 0) return 0;
    // Flushed: what was typed too much into a hidden question must not end up in a shell.
    if (tcsetattr(fd, TCSAFLUSH, &changed_state) != 0) code = -errno;
    changed_fd = -1;
    for (size_t each = 0; each < sizeof ending / sizeof *ending; each++) {
        struct sigaction now;
        if (sigaction(ending[each], NULL, &now) == 0 && now.sa_handler == restore_and_end) signal(ending[each], SIG_DFL);
    }
    return code;
}

bool cl_can_read(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

int cl_wait(int fd, bool write, int wake, int milliseconds) {
    struct pollfd both[2] = {{.fd = fd, .events = write ? POLLOUT : POLLIN}, {.fd = wake, .events = POLLIN}};
    int count;
    do count = poll(both, 2, milliseconds);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    return both[0].revents != 0 && both[1].revents == 0;
}

// MARK: Processes

// From here to `child` nothing may allocate, lock, or use the C library's state: after the clone the child has
// one thread of several, and any lock of another thread stays taken for ever.

static void refuse(int report, int step) {
    int words[2] = {step, errno};
    ssize_t written = write(report, words, sizeof words);
    (void)written;
    _exit(127);
}

static void child(const struct cl_spawn_arguments *request, int report, pid_t parent) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &standard, NULL);
    if (request->dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127);
    }
    if (setsid() < 0) refuse(report, CL_SESSION);

    // High numbers first, so that no number that the child wants is overwritten before it is copied.
    int high[16];
    report = fcntl(report, F_DUPFD_CLOEXEC, 100);
    if (report < 0) _exit(127);
    for (int each = 0; each < request->fd_count; each++)
        if ((high[each] = fcntl(request->our_fds[each], F_DUPFD_CLOEXEC, 100)) < 0) refuse(report, CL_DESCRIPTORS);
    if (syscall(SYS_close_range, 0u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0) refuse(report, CL_DESCRIPTORS);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) refuse(report, CL_DESCRIPTORS);
    if (null < 3 && (null = fcntl(null, F_DUPFD_CLOEXEC, 100)) < 0) refuse(report, CL_DESCRIPTORS);
    for (int each = 0; each < 3; each++)
        if (dup2(null, each) < 0) refuse(report, CL_DESCRIPTORS);
    for (int each = 0; each < request->fd_count; each++)
        if (dup2(high[each], request->child_fds[each]) < 0) refuse(report, CL_DESCRIPTORS);

    if (request->directory && chdir(request->directory) != 0) refuse(report, CL_DIRECTORY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(request->program, request->argv, request->envp);
    refuse(report, CL_EXECUTE);
}

int cl_spawn(const struct cl_spawn_arguments *request, int *pidfd, int *step) {
    int report[2];
    *step = CL_CLONE;
    if (request->fd_count > 16) return -E2BIG;
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    // A handler of ours must not run in the child, on a copy of our memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    int fd = -1;
    struct clone_args arguments = {
        .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&fd, .exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) child(request, report[1], parent);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return -code;
    }
    int words[2];
    ssize_t count;
    do count = read(report[0], words, sizeof words);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof words) {
        int ignored;
        while (waitpid((pid_t)pid, &ignored, 0) < 0 && errno == EINTR) {}
        close(fd);
        *step = words[0];
        return -words[1];
    }
    *pidfd = fd;
    return (int)pid;
}

int cl_pidfd_open(int pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : (int)fd;
}

int cl_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : -errno;
}

int cl_reap(int pidfd, int *code) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -errno;
    if (info.si_pid == 0) return 0;
    *code = info.si_status;
    return info.si_code == CLD_EXITED ? 1 : 2;
}

int cl_bind_symbols(char *const *arguments) {
    const char *name = "LD_BIND_NOW";
    const char *value = getenv(name);
    if (value != NULL && *value != 0) return 0;
    char path[PATH_MAX];
    ssize_t count = readlink("/proc/self/exe", path, sizeof path - 1);
    if (count < 0) return -errno;
    path[count] = 0;
    if (setenv(name, "1", 1) != 0) return -errno;
    execv(path, arguments);
    return -errno;
}

int cl_harden(void) {
    struct rlimit limit = {0, 0};
    if (setrlimit(RLIMIT_CORE, &limit) != 0) return -errno;
    if (prctl(PR_SET_DUMPABLE, 0) != 0) return -errno;
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    // Whoever starts the daemon may have blocked signals; blocked, a SIGTERM would never end it.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    // As far as the host allows; whether secrets could be locked is checked where they are.
    const rlim_t wanted = 64 << 20;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < wanted) {
        struct rlimit more = {wanted, limit.rlim_max > wanted ? limit.rlim_max : wanted};
        if (setrlimit(RLIMIT_MEMLOCK, &more) != 0) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(RLIMIT_MEMLOCK, &limit);
        }
    }
    return 0;
}

void cl_name_thread(unsigned long thread, const char *name) {
    pthread_setname_np((pthread_t)thread, name);
}

int cl_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

const char *cl_entry_name(const void *entry) { return ((const struct dirent *)entry)->d_name; }
