// The last step of a task's start: join its cgroups, give up everything, execute.

enum { MOST_CGROUPS = 8, MOST_LIMITS = 16, MOST_GROUPS = 32, ENVIRONMENT_BYTES = 262144, ENVIRONMENT_WORDS = 4096, PATH_BYTES = 4096 };

struct resource_limit { word soft, hard; };

struct drop {
    word uid, gid;
    int has_user;
    unsigned int groups[MOST_GROUPS];  // Beside `gid`.
    int group_count;
    int cgroups[MOST_CGROUPS];  // Open `cgroup.procs` files.
    int cgroup_count;
    int limit_kinds[MOST_LIMITS];
    struct resource_limit limits[MOST_LIMITS];
    int limit_count;
    int output;       // Becomes standard output and error. -1: they are right already.
    int report;       // Where a failure's reason goes; closed by a successful exec. -1: none.
    int environment;  // A file of `NAME=value` words, each ended by a zero byte. -1: keep what there is.
    const char *directory;
    int dies_with_parent;
    char **command;
};

static char environment_bytes[ENVIRONMENT_BYTES];
static char *environment_words[ENVIRONMENT_WORDS + 1];

/// Writes `what`, a space and the error's number to `to`, in one line.
static void explain(int to, const char *what, long error) {
    char line[256];
    word at = 0;
    for (const char *who = "helper: "; *who != 0; who++) line[at++] = *who;
    for (; *what != 0 && at < 200; what++) line[at++] = *what;
    if (error != 0) {
        char digits[24];
        int count = 0;
        word rest = (word)(error < 0 ? -error : error);
        while (rest > 0) { digits[count++] = (char)('0' + rest % 10); rest /= 10; }
        const char *middle = ": error ";
        while (*middle != 0) line[at++] = *middle++;
        while (count > 0) line[at++] = digits[--count];
    }
    line[at++] = '\n';
    if (to >= 0) CALL3(write, to, line, at);
}

__attribute__((noreturn)) static void fail(const struct drop *drop, const char *what, long error, int code) {
    explain(drop->report, what, error);
    leave(code);
}

static void drop_defaults(struct drop *drop) {
    memset(drop, 0, sizeof *drop);
    drop->output = -1;
    drop->report = -1;
    drop->environment = -1;
}

/// Reads a bound of `setrlimit`: a number, or `max`.
static word limit_number(const char **text, int *ok) {
    const char *rest = after(*text, "max");
    if (rest == 0) return number(text, ok);
    *text = rest;
    return ~0ul;
}

/// Takes one option; 0 when it is not one of `drop`'s or is wrong.
static int drop_option(struct drop *drop, const char *option) {
    const char *value;
    int ok = 1;
    if ((value = after(option, "uid="))) {
        drop->uid = number(&value, &ok);
        drop->has_user |= 1;
        // The last ID means "no change" to the kernel.
        return ok && *value == 0 && drop->uid < 0xffffffff;
    }
    if ((value = after(option, "gid="))) {
        drop->gid = number(&value, &ok);
        drop->has_user |= 2;
        return ok && *value == 0 && drop->gid < 0xffffffff;
    }
    if ((value = after(option, "group="))) {
        if (drop->group_count == MOST_GROUPS) return 0;
        word group = number(&value, &ok);
        drop->groups[drop->group_count++] = (unsigned int)group;
        return ok && *value == 0 && group < 0xffffffff;
    }
    if ((value = after(option, "cgroup="))) {
        if (drop->cgroup_count == MOST_CGROUPS) return 0;
        drop->cgroups[drop->cgroup_count++] = (int)number(&value, &ok);
        return ok && *value == 0;
    }
    if ((value = after(option, "report="))) {
        drop->report = (int)number(&value, &ok);
        return ok && *value == 0;
    }
    if ((value = after(option, "output="))) {
        drop->output = (int)number(&value, &ok);
        return ok && *value == 0;
    }
    if ((value = after(option, "environment="))) {
        drop->environment = (int)number(&value, &ok);
        return ok && *value == 0;
    }
    if ((value = after(option, "limit="))) {  // KIND:SOFT:HARD, the kind by the kernel's number
        if (drop->limit_count == MOST_LIMITS) return 0;
        int at = drop->limit_count++;
        drop->limit_kinds[at] = (int)number(&value, &ok);
        if (*value++ != ':') return 0;
        drop->limits[at].soft = limit_number(&value, &ok);
        if (*value++ != ':') return 0;
        drop->limits[at].hard = limit_number(&value, &ok);
        return ok && *value == 0;
    }
    if ((value = after(option, "directory="))) {
        drop->directory = value;
        return *value == '/';
    }
    if (same(option, "dies-with-parent")) return drop->dies_with_parent = 1;
    return 0;
}

/// Replaces the environment by what the daemon wrote, or explains why not.
static char **read_environment(const struct drop *drop, char **inherited) {
    if (drop->environment < 0) return inherited;
    word filled = 0;
    for (;;) {
        if (filled == ENVIRONMENT_BYTES) fail(drop, "the environment is over 256 KiB", 0, 125);
        long got = CALL4(pread64, drop->environment, environment_bytes + filled, ENVIRONMENT_BYTES - filled, filled);
        if (got == -EINTR) continue;
        if (got < 0) fail(drop, "cannot read the environment", got, 125);
        if (got == 0) break;
        filled += (word)got;
    }
    if (filled > 0 && environment_bytes[filled - 1] != 0) fail(drop, "the environment is cut off", 0, 125);
    int count = 0;
    for (word at = 0; at < filled; at += length(environment_bytes + at) + 1) {
        if (count == ENVIRONMENT_WORDS) fail(drop, "the environment has over 4096 words", 0, 125);
        environment_words[count++] = environment_bytes + at;
    }
    environment_words[count] = 0;
    return environment_words;
}

/// Back to what a program expects: no signal blocked, none ignored, one file mask.
static void reset_process(void) {
    byte action[32];
    word none = 0;
    memset(action, 0, sizeof action);
    for (int signal = 1; signal <= 64; signal++) CALL4(rt_sigaction, signal, action, 0, 8);
    CALL4(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    CALL1(umask, 022);
}

/// After this the process has one user, one group, no capability and no way to get one.
static void give_up_privileges(const struct drop *drop) {
    long result;
    // Each of these needs a capability, so the order is: what limits later gains, who it is, what it may do.
    word bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if ((result = CALL5(prctl, PR_SET_SECUREBITS, bits, 0, 0, 0)) < 0)
        fail(drop, "cannot set the secure bits", result, 125);
    for (word capability = 0; capability < 64; capability++) {
        result = CALL5(prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (result == -EINVAL && capability > CAP_SYSLOG) break;  // Past the last one that this kernel knows.
        if (result < 0) fail(drop, "cannot empty the bounding set", result, 125);
    }
    result = CALL5(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (result < 0) fail(drop, "cannot empty the ambient set", result, 125);
    if ((result = CALL2(setgroups, drop->group_count, drop->groups)) < 0)
        fail(drop, "cannot change the groups", result, 125);
    if ((result = CALL3(setresgid, drop->gid, drop->gid, drop->gid)) < 0)
        fail(drop, "cannot change the group", result, 125);
    if ((result = CALL3(setresuid, drop->uid, drop->uid, drop->uid)) < 0)
        fail(drop, "cannot change the user", result, 125);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2], held[2];
    memset(none, 0, sizeof none);
    if ((result = CALL2(capset, &header, none)) < 0) fail(drop, "cannot give up the capabilities", result, 125);
    if ((result = CALL5(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) < 0)
        fail(drop, "cannot forbid new privileges", result, 125);
    // Trust, but look: a task that kept a capability could read what is not its own.
    memset(held, 0xff, sizeof held);
    result = CALL2(capget, &header, held);
    word left = held[0].effective | held[0].permitted | held[0].inheritable | held[1].effective | held[1].permitted |
                held[1].inheritable;
    if (result < 0 || left != 0) fail(drop, "capabilities are left", result, 125);
}

/// Executes the command: as it is if it has a slash, else from the first folder of `PATH` that has it.
__attribute__((noreturn)) static void execute(const struct drop *drop, char **environment) {
    const char *name = drop->command[0];
    const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    long worst = -ENOENT;
    int has_slash = 0;
    for (const char *at = name; *at != 0; at++) has_slash |= *at == '/';
    if (*name == 0) fail(drop, "the command is empty", 0, 127);
    if (has_slash) {
        worst = CALL3(execve, name, drop->command, environment);
    } else {
        for (char **each = environment; *each != 0; each++) {
            const char *value = after(*each, "PATH=");
            if (value != 0) { path = value; break; }
        }
        while (*path != 0) {
            char full[PATH_BYTES];
            word at = 0;
            while (*path != 0 && *path != ':') {
                if (at < PATH_BYTES - 1) full[at++] = *path;
                path++;
            }
            if (*path == ':') path++;
            if (at == 0) full[at++] = '.';
            if (at + 1 + length(name) + 1 > PATH_BYTES) continue;
            full[at++] = '/';
            memcpy(full + at, name, length(name) + 1);
            long result = CALL3(execve, full, drop->command, environment);
            // One that is there but may not be executed says more than the many where there is none, and than a
            // folder that this user may not search.
            int there = CALL3(faccessat, AT_FDCWD, full, 0) == 0;
            if (there && result != -ENOENT && result != -ENOTDIR) worst = result;
        }
    }
    if (worst == -ENOENT || worst == -ENOTDIR) fail(drop, "the program was not found", worst, 127);
    fail(drop, "the program cannot be executed", worst, 126);
}

__attribute__((noreturn)) static void drop_and_execute(const struct drop *drop, char **inherited) {
    long result;
    char **environment = read_environment(drop, inherited);
    for (int each = 1; drop->output >= 0 && each < 3; each++) {
        if ((result = CALL3(dup3, drop->output, each, 0)) < 0) fail(drop, "cannot open the log", result, 125);
    }
    for (int at = 0; at < drop->cgroup_count; at++) {
        if ((result = CALL3(write, drop->cgroups[at], "0\n", 2)) < 0)
            fail(drop, "cannot join the task's cgroup", result, 125);
    }
    for (int at = 0; at < drop->limit_count; at++) {
        result = CALL4(prlimit64, 0, drop->limit_kinds[at], &drop->limits[at], 0);
        if (result < 0) fail(drop, "cannot set a resource limit", result, 125);
    }
    reset_process();
    // Only the three standard descriptors pass into the program. Before Linux 5.11 there is no flag, so close by hand.
    if (CALL3(close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) < 0) {
        for (int each = 3; each < 4096; each++) CALL3(fcntl, each, F_SETFD, FD_CLOEXEC);
    }
    give_up_privileges(drop);
    // As the user that it is for: a folder that only root may enter is refused here.
    if (drop->directory != 0 && (result = CALL1(chdir, drop->directory)) < 0)
        fail(drop, "cannot enter the working directory", result, 125);
    // The kernel forgets this one when the user changes, so it comes last.
    if (drop->dies_with_parent) CALL5(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    execute(drop, environment);
}

__attribute__((noreturn)) static void drop_main(char **words, char **environment) {
    struct drop drop;
    drop_defaults(&drop);
    for (; *words != 0 && !same(*words, "--"); words++)
        if (!drop_option(&drop, *words)) fail(&drop, "an option of the helper is wrong", 0, 125);
    if (*words == 0 || words[1] == 0 || drop.has_user != 3) fail(&drop, "user or command is missing", 0, 125);
    drop.command = words + 1;
    drop_and_execute(&drop, environment);
}
