// The helper: what has to happen between the daemon and a task's program, where no Swift can run.
//
//   start OPTION… -- PATH WORD…     outside, first: hides other tasks' files, becomes bwrap
//   drop  OPTION… -- PROGRAM ARG…   inside the sandbox: gives up every privilege, becomes PROGRAM
//   enter OPTION… -- PROGRAM ARG…   joins a task's namespaces, then does as `drop` in a child and waits
//   watch OPTION…                   waits for a task's end, then wipes and unmounts its files if nobody did
//
// An option is one word, `name=value`. Descriptors are named by number and were opened by the daemon.
// Own failures end with 125, a program that cannot be executed with 126, one that is not there with 127.
#include "kernel.h"
#include "drop.h"
#include "enter.h"
#include "watch.h"
#include "start.h"

__attribute__((noreturn, used)) void enter_program(word *stack) {
    int count = (int)stack[0];
    char **words = (char **)(stack + 1);
    char **environment = words + count + 1;
    if (count >= 2 && same(words[1], "start")) start_main(words + 2, environment);
    if (count >= 2 && same(words[1], "drop")) drop_main(words + 2, environment);
    if (count >= 2 && same(words[1], "enter")) enter_main(words + 2, environment);
    if (count >= 2 && same(words[1], "watch")) watch_main(words + 2);
    leave(125);
}
