#pragma once
// What Linux offers and Swift can't say: address structures, variadic calls, and the code between clone and exec.
// Every function returns 0 or a useful number, or a negative errno. Descriptors are made close-on-exec.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sockets, non-blocking. `ip` is numeric.
int cl_is_numeric(const char *ip);
// Numeric addresses of `host`, one a line.
int cl_resolve(const char *host, char *out, size_t size);
int cl_tcp_listen(const char *ip, uint16_t port);
int cl_tcp_connect(const char *ip, uint16_t port);
int cl_unix_listen(const char *path);
int cl_unix_connect(const char *path);
int cl_accept(int fd);
int cl_socket_error(int fd);
int cl_socket_name(int fd, bool peer, char *ip, size_t size, uint16_t *port);
// TCP_NODELAY, keepalive, and 15 s for what the peer does not acknowledge.
void cl_tcp_options(int fd);
// The close that follows sends a reset.
void cl_tcp_reset(int fd);
int cl_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid);
// The host's addresses, without loopback and link-local ones, one a line.
int cl_addresses(char *out, size_t size);

int cl_is_socket(int fd);
int cl_set_nonblocking(int fd);
int cl_random(void *out, size_t count);
const char *cl_error_text(int code);

// Terminals.
int cl_get_window(int fd, uint16_t *rows, uint16_t *columns);
// Makes the terminal raw, or turns its echo off. Its state comes back by cl_restore, at exit, and before a signal
// ends the process. One terminal at a time: -EBUSY.
int cl_make_raw(int fd);
int cl_hide_input(int fd);
int cl_restore(void);
bool cl_can_read(int fd);
// Waits until `fd` can be read or written, or `wake` can be read. 1: `fd`; 0: `wake`, or the time is over.
int cl_wait(int fd, bool write, int wake, int milliseconds);

// Processes.
struct cl_spawn_arguments {
    const char *program;
    char *const *argv;
    char *const *envp;
    const char *directory;  // or null
    const int *child_fds;   // numbers in the child
    const int *our_fds;     // what they become
    int fd_count;           // at most 16
    bool dies_with_parent;
};
enum cl_step { CL_CLONE = 1, CL_SESSION, CL_DESCRIPTORS, CL_DIRECTORY, CL_EXECUTE };
// Starts a program in a session of its own. Returns the pid and sets `pidfd`; or a negative errno and sets `step`.
int cl_spawn(const struct cl_spawn_arguments *request, int *pidfd, int *step);
int cl_pidfd_open(int pid);
int cl_pidfd_signal(int pidfd, int signal);
// Reaps a child that has ended. 1: `code` exited; 2: killed by signal `code`; 0: still runs; -ECHILD: not ours.
int cl_reap(int pidfd, int *code);

// Starts the program anew with every symbol of every library bound, unless it was started so; returns only then (0), or
// when it can't (-errno).
int cl_bind_symbols(char *const *arguments);
// Core files off, not dumpable, SIGPIPE ignored, umask 077, limits for descriptors and locked memory raised.
int cl_harden(void);
// At most 15 bytes.
void cl_name_thread(unsigned long thread, const char *name);
// Read end, write end.
int cl_pipe(int *ends);
// The name in a `struct dirent`, valid as long as that is.
const char *cl_entry_name(const void *entry);
