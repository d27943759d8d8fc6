// The watchdog of a task's files: it holds no value, only the folder's name.
//
// When the task has ended, the agent wipes and unmounts. If the agent died for good, nobody would: so this
// process waits a while after the task's end and does it then. Both find the work done if the other was first.

enum { MOST_DEPTH = 16, ENTRIES_BYTES = 8192 };

struct entry {
    unsigned long long inode, offset;
    unsigned short size;
    byte kind;
    char name[];
};

static byte zeros[65536];

/// Overwrites every file below the folder `at`, which is closed. Links are not followed, other mounts not left for.
static void wipe(int at, int depth) {
    byte entries[ENTRIES_BYTES];
    long count;
    while ((count = CALL3(getdents64, at, entries, sizeof entries)) > 0) {
        for (long each = 0; each < count;) {
            struct entry *entry = (struct entry *)(entries + each);
            each += entry->size;
            if (same(entry->name, ".") || same(entry->name, "..")) continue;
            if (entry->kind == 4 && depth < MOST_DEPTH) {
                long inner = CALL4(openat, at, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
                if (inner >= 0) wipe((int)inner, depth + 1);
            }
            if (entry->kind != 8) continue;
            long file = CALL4(openat, at, entry->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
            if (file < 0) continue;
            long size = CALL3(lseek, file, 0, 2);
            for (long done = 0; done < size;) {
                word step = (word)(size - done) < sizeof zeros ? (word)(size - done) : sizeof zeros;
                long put = CALL4(pwrite64, file, zeros, step, done);
                if (put <= 0) break;
                done += put;
            }
            CALL1(close, file);
        }
    }
    CALL1(close, at);
}

/// The device number of the file system at `folder`, which each mount of a memory file system has anew, or -1.
static long device_of(const char *folder) {
    struct statx found;
    memset(&found, 0, sizeof found);
    long result = CALL5(statx, AT_FDCWD, folder, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &found);
    if (result < 0) return -1;
    return (long)(((word)found.stx_dev_major << 32) | found.stx_dev_minor);
}

__attribute__((noreturn)) static void watch_main(char **words) {
    int task = -1, ok = 1;
    word patience = 30;
    const char *folder = 0, *value;
    for (; *words != 0; words++) {
        if ((value = after(*words, "task="))) task = (int)number(&value, &ok);
        else if ((value = after(*words, "patience="))) patience = number(&value, &ok);
        else if ((value = after(*words, "folder="))) folder = value;
        else ok = 0;
    }
    if (!ok || task < 0 || folder == 0 || *folder != '/') leave(125);
    // It lives as long as the task, so it keeps nothing open but the task, and no signal of a terminal ends it.
    CALL1(setsid, 0);
    CALL1(chdir, "/");
    for (int each = 0; each < 1024; each++) if (each != task) CALL1(close, each);
    long device = device_of(folder);
    struct pollfd wish = {task, POLLIN, 0};
    while (CALL5(ppoll, &wish, 1, 0, 0, 0) < 1) continue;
    for (word second = 0; second < patience; second++) {
        if (device_of(folder) != device) leave(0);
        struct timespec { long seconds, nanoseconds; } pause = {1, 0};
        CALL5(ppoll, 0, 0, &pause, 0, 0);
    }
    if (device < 0 || device_of(folder) != device) leave(0);
    long root = CALL4(openat, AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (root >= 0) wipe((int)root, 0);
    CALL2(umount2, folder, 2 /* MNT_DETACH */);
    CALL3(unlinkat, AT_FDCWD, folder, 0x200 /* AT_REMOVEDIR */);
    leave(0);
}
