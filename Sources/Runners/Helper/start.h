// The first step of a task's start: a mount namespace without the other tasks' file systems, then bwrap.
//
// bwrap shows the host's root with all that is mounted below it. Other tasks' files would be covered there, but
// present, and would outlive their unmount on the host. No mark on the mounts survives bwrap's own
// change of propagation, so they are unmounted here, in a namespace of the sandbox's own.

__attribute__((noreturn)) static void start_main(char **words, char **environment) {
    struct drop drop;
    const char *tasks = 0, *keep = 0, *value;
    long result;
    drop_defaults(&drop);
    drop.report = 2;
    for (; *words != 0 && !same(*words, "--"); words++) {
        if ((value = after(*words, "tasks="))) tasks = value;
        else if ((value = after(*words, "keep="))) keep = value;
        else fail(&drop, "an option of the helper is wrong", 0, 125);
    }
    if (*words == 0 || words[1] == 0 || words[2] == 0 || (tasks == 0) != (keep == 0))
        fail(&drop, "the sandbox's program is missing", 0, 125);
    if ((result = CALL1(unshare, CLONE_NEWNS)) < 0) fail(&drop, "cannot make a mount namespace", result, 125);
    // What is unmounted here stays mounted on the host.
    result = CALL5(mount, 0, "/", 0, 0x4000 | 0x80000 /* MS_REC | MS_SLAVE */, 0);
    if (result < 0) fail(&drop, "cannot part from the host's mounts", result, 125);
    if (tasks != 0) {
        if ((result = CALL1(chdir, tasks)) < 0) fail(&drop, "cannot enter the tasks' folder", result, 125);
        // All at once and without a look at each: what a start costs does not grow with the tasks that run.
        long own = CALL3(open_tree, AT_FDCWD, keep, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (own < 0) fail(&drop, "cannot keep the task's files", own, 125);
        if ((result = CALL2(umount2, tasks, 2 /* MNT_DETACH */)) < 0)
            fail(&drop, "cannot leave the other tasks' files behind", result, 125);
        // The folder was mounted on itself, so the same names are below it.
        if ((result = CALL1(chdir, tasks)) < 0) fail(&drop, "cannot enter the tasks' folder", result, 125);
        if ((result = CALL5(move_mount, own, "", AT_FDCWD, keep, MOVE_MOUNT_F_EMPTY_PATH)) < 0)
            fail(&drop, "cannot mount the task's files", result, 125);
        CALL1(close, own);
        CALL1(chdir, "/");
    }
    // The program's path, then its words.
    result = CALL3(execve, words[1], words + 2, environment);
    fail(&drop, "bwrap cannot be executed", result, 125);
}
