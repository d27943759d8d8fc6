// What the helper needs of the kernel: raw system calls, so that the program is static, small and starts
// in a file system that has no libraries. Nothing here allocates.
#pragma once
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/wait.h>
#include <asm/ioctls.h>
#include <asm/termios.h>

typedef unsigned long word;
typedef unsigned char byte;

#if defined(__x86_64__)
static inline long kernel(long number, word a, word b, word c, word d, word e) {
    long result;
    register word r10 __asm__("r10") = d;
    register word r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call enter_program\n hlt\n");
#elif defined(__aarch64__)
static inline long kernel(long number, word a, word b, word c, word d, word e) {
    register long x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = a;
    register word x1 __asm__("x1") = b;
    register word x2 __asm__("x2") = c;
    register word x3 __asm__("x3") = d;
    register word x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return (long)x0;
}
__asm__(".globl _start\n_start:\n mov x29,#0\n mov x30,#0\n mov x0,sp\n and sp,x0,#-16\n bl enter_program\n brk #1\n");
#else
#error "the helper knows x86_64 and aarch64"
#endif

#define CALL1(n, a) kernel(__NR_##n, (word)(a), 0, 0, 0, 0)
#define CALL2(n, a, b) kernel(__NR_##n, (word)(a), (word)(b), 0, 0, 0)
#define CALL3(n, a, b, c) kernel(__NR_##n, (word)(a), (word)(b), (word)(c), 0, 0)
#define CALL4(n, a, b, c, d) kernel(__NR_##n, (word)(a), (word)(b), (word)(c), (word)(d), 0)
#define CALL5(n, a, b, c, d, e) kernel(__NR_##n, (word)(a), (word)(b), (word)(c), (word)(d), (word)(e))

// The compiler may call these two by itself.
void *memset(void *to, int value, word count) {
    for (volatile byte *at = to; count > 0; count--) *at++ = (byte)value;
    return to;
}
void *memcpy(void *to, const void *from, word count) {
    volatile byte *at = to;
    for (const byte *source = from; count > 0; count--) *at++ = *source++;
    return to;
}

static word length(const char *text) {
    word count = 0;
    while (text[count] != 0) count++;
    return count;
}

/// What follows `prefix` in `text`, or null.
static const char *after(const char *text, const char *prefix) {
    while (*prefix != 0) if (*text++ != *prefix++) return 0;
    return text;
}

static int same(const char *left, const char *right) {
    const char *rest = after(left, right);
    return rest != 0 && *rest == 0;
}

/// Reads a decimal number and moves past it. `ok` is cleared when there is none or it is over 2^62.
static word number(const char **text, int *ok) {
    word value = 0;
    if (**text < '0' || **text > '9') *ok = 0;
    while (**text >= '0' && **text <= '9') {
        if (value > (1ul << 62) / 10) { *ok = 0; return 0; }
        value = value * 10 + (word)(*(*text)++ - '0');
    }
    return value;
}

__attribute__((noreturn)) static void leave(int code) {
    for (;;) CALL1(exit_group, code);
}
