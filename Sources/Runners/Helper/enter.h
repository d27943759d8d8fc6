// A further program in a running task: joins its namespaces, drops in a child, waits, passes signals on.
//
// With `terminal` the child gets a terminal of the sandbox's own /dev/pts, so that `tty` and `ttyname` work;
// this process then carries bytes between it and its own standard descriptors.

enum { PUMP_BYTES = 16384, DRAIN_ROUNDS = 64 };

/// What the daemon may say on the control pipe: 8 bytes, little-endian.
struct control {
    byte kind;  // 's': send signal `first`; 'w': the window has `first` rows and `second` columns
    byte zero;
    unsigned short first, second, zeros;
};

struct pump {
    byte bytes[PUMP_BYTES];
    word start, end;
    int from, to;  // -1: ended
};

struct window { unsigned short rows, columns, x, y; };

/// Opens a terminal of the sandbox. The master is returned, the other end stored.
static int open_terminal(const struct drop *drop, int *slave) {
    int unlock = 0;
    long master = CALL4(openat, AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (master < 0) master = CALL4(openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (master < 0) fail(drop, "the task has no terminals", master, 125);
    long result = CALL3(ioctl, master, TIOCSPTLCK, &unlock);
    if (result < 0) fail(drop, "cannot unlock a terminal", result, 125);
    result = CALL3(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (result < 0) fail(drop, "cannot open a terminal", result, 125);
    *slave = (int)result;
    // The program may open its terminal by name, so it is the task's.
    CALL3(fchown, *slave, drop->uid, drop->gid);
    return (int)master;
}

static void pump_fill(struct pump *pump) {
    long got = CALL3(read, pump->from, pump->bytes, PUMP_BYTES);
    if (got == -EAGAIN || got == -EINTR) return;
    if (got <= 0) { pump->from = -1; return; }
    pump->start = 0;
    pump->end = (word)got;
}

static void pump_flush(struct pump *pump) {
    long put = CALL3(write, pump->to, pump->bytes + pump->start, pump->end - pump->start);
    if (put == -EAGAIN || put == -EINTR) return;
    if (put < 0) { pump->to = -1; pump->start = pump->end = 0; return; }
    pump->start += (word)put;
}

/// What `poll` shall wait for on this pump, one descriptor at a time.
static struct pollfd pump_wish(const struct pump *pump) {
    struct pollfd wish = {-1, 0, 0};
    if (pump->start < pump->end) { wish.fd = pump->to; wish.events = POLLOUT; }
    else if (pump->to >= 0) { wish.fd = pump->from; wish.events = POLLIN; }
    return wish;
}

static void pump_turn(struct pump *pump, struct pollfd event) {
    if (event.revents == 0) return;
    if (pump->start < pump->end) pump_flush(pump); else pump_fill(pump);
}

static struct pump inward, outward;

/// Serves child, control pipe and terminal until the child has ended. Never returns.
__attribute__((noreturn)) static void attend(long child, int control, int master) {
    long handle = CALL2(pidfd_open, child, 0);
    struct control order;
    word have = 0;
    int status = 0;
    inward.from = master >= 0 ? 0 : -1;
    inward.to = master;
    outward.from = master;
    outward.to = 1;
    for (;;) {
        struct pollfd wishes[4] = {
            {(int)handle, POLLIN, 0}, {control, POLLIN, 0}, pump_wish(&inward), pump_wish(&outward)};
        long ready = CALL5(ppoll, wishes, 4, 0, 0, 0);
        if (ready < 0 && ready != -EINTR) CALL2(kill, child, SIGKILL);
        if (wishes[1].revents != 0) {
            long got = CALL3(read, control, (byte *)&order + have, sizeof order - have);
            if (got > 0) have += (word)got;
            if (got == 0 || (got < 0 && got != -EAGAIN && got != -EINTR)) {
                CALL2(kill, child, SIGKILL);  // Whoever asked for the program is gone.
                control = -1;
            }
            if (have == sizeof order) {
                have = 0;
                struct window window = {order.first, order.second, 0, 0};
                if (order.kind == 's' && order.first < 65) CALL2(kill, child, order.first);
                if (order.kind == 'w' && master >= 0) CALL3(ioctl, master, TIOCSWINSZ, &window);
            }
        }
        pump_turn(&inward, wishes[2]);
        pump_turn(&outward, wishes[3]);
        long ended = wishes[0].revents == 0 ? 0 : CALL4(wait4, child, &status, WNOHANG, 0);
        if (ended == child) break;
    }
    // What the program wrote before its end still comes; a daemon of its own that keeps the terminal doesn't count.
    for (int round = 0; master >= 0 && round < DRAIN_ROUNDS && outward.to >= 0; round++) {
        struct pollfd wish = pump_wish(&outward);
        if (wish.fd < 0) break;
        struct timespec { long seconds, nanoseconds; } patience = {wish.events == POLLOUT ? 1 : 0, 0};
        if (CALL5(ppoll, &wish, 1, &patience, 0, 0) <= 0) break;
        pump_turn(&outward, wish);
    }
    int signal = status & 0x7f;
    leave(signal == 0 ? (status >> 8) & 0xff : 128 + signal);
}

__attribute__((noreturn)) static void enter_main(char **words, char **environment) {
    struct drop drop;
    int task = -1, control = -1, terminal = 0, master = -1, slave = -1, ok = 1;
    struct window window = {24, 80, 0, 0};
    const char *value;
    long result;
    drop_defaults(&drop);
    drop.report = 2;
    drop.dies_with_parent = 1;
    for (; *words != 0 && !same(*words, "--"); words++) {
        if ((value = after(*words, "task="))) task = (int)number(&value, &ok);
        else if ((value = after(*words, "control="))) control = (int)number(&value, &ok);
        else if ((value = after(*words, "terminal="))) {  // ROWSxCOLUMNS
            terminal = 1;
            window.rows = (unsigned short)number(&value, &ok);
            if (*value++ != 'x') ok = 0;
            else window.columns = (unsigned short)number(&value, &ok);
        } else if (!drop_option(&drop, *words)) ok = 0;
        if (!ok) fail(&drop, "an option of the helper is wrong", 0, 125);
    }
    if (*words == 0 || words[1] == 0 || drop.has_user != 3 || task < 0)
        fail(&drop, "task, user or command is missing", 0, 125);
    drop.command = words + 1;

    result = CALL2(setns, task, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET);
    if (result < 0) fail(&drop, "the task has ended", result == -ESRCH ? 0 : result, 125);
    CALL1(chdir, "/");
    if (terminal) {
        master = open_terminal(&drop, &slave);
        CALL3(ioctl, master, TIOCSWINSZ, &window);
    }
    long child = CALL5(clone, SIGCHLD, 0, 0, 0, 0);
    if (child < 0) fail(&drop, "cannot fork", child, 125);
    if (child == 0) {
        CALL1(setsid, 0);
        if (terminal) {
            for (int each = 0; each < 3; each++) CALL3(dup3, slave, each, 0);
            CALL3(ioctl, 0, TIOCSCTTY, 0);
        }
        drop_and_execute(&drop, environment);
    }
    // The program's end of a pipe must be the last, or its reader would wait for this process too.
    if (slave >= 0) CALL1(close, slave);
    if (!terminal) for (int each = 0; each < 3; each++) CALL1(close, each);
    for (int each = 3; each < 1024; each++) if (each != control && each != master) CALL1(close, each);
    attend(child, control, master);
}
