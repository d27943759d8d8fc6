"""A worker of a real cluster, for tests. Identities are in a file that only its owner can read.

    client.py join --address HOST:PORT --name NAME --identity FILE        the token comes on standard input
    client.py work --address HOST:PORT --name NAME --identity FILE [--go FILE] [--capture FOLDER]
    client.py wrong --address HOST:PORT --identity FILE --others TASK --socket PATH   the token comes on standard input

`work` registers, waits for one task with one secret, whose expected value comes on standard input, reports the task's
states, prints `preparing`, waits until the file of `--go` is there, goes on until the task runs, prints `running`, and
waits until the task is removed; then it prints `ended`. `wrong` makes one wrong move after another and holds what comes
back against section 10 of proto/README.md.
"""

import argparse
import pathlib
import sys

from conclave import keys, node, wrong


def say(line):
    print(line, flush=True)


def join(options):
    answer, link = node.join(options.address, keys.Token.parse(sys.stdin.readline().strip()), options.name)
    keys.demand(isinstance(answer, node.Identity), f"not joined: {answer}")
    answer.save(options.identity)
    link.close()
    say("joined")


def work(options):
    expected = sys.stdin.buffer.read()
    worker = node.Worker(options.address, node.Identity.load(options.identity), options.name)
    worker.wait(lambda: worker.tasks)
    (task,) = worker.tasks
    (((holder, _), (version, value)),) = worker.values.items()
    # Never the values themselves, which would be shown.
    keys.demand(holder == task and version == 1, "the value is of another task or version")
    keys.demand(value == expected, "the value is not what was created")
    keys.demand(worker.tasks[task].spec.program.command, "the task has no command")
    for state in ("ACCEPTED", "PREPARING"):
        worker.report(task, state)
    say("preparing")
    worker.wait(lambda: not options.go or pathlib.Path(options.go).exists())
    for state in ("READY", "STARTING", "RUNNING"):
        worker.report(task, state, "started" if state == "RUNNING" else "")
    say("running")
    removed = ("TASK_STATE_SHUTDOWN", "TASK_STATE_REMOVE")
    removed = [node.schema.TaskState.Value(name) for name in removed]
    worker.wait(lambda: task not in worker.tasks or worker.tasks[task].desired in removed)
    if task in worker.tasks:
        worker.report(task, "SHUTDOWN", "stopped")
    worker.wait(lambda: task not in worker.tasks)
    keys.demand(not worker.values, "a value is assigned without its task")
    worker.link.close()
    if options.capture:
        folder = pathlib.Path(options.capture)
        (folder / "link.dialler").write_bytes(worker.link.wire.sent)
        (folder / "link.acceptor").write_bytes(worker.link.wire.received)
        (folder / "link.keys").write_text(worker.link.key_line() + "\n")
    say("ended")


def wrong_moves(options):
    token = keys.Token.parse(sys.stdin.readline().strip())
    identity = node.Identity.load(options.identity)
    wrong.Moves(options.address, options.socket, identity, token, keys.identifier(options.others)).all(say)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, action in (("join", join), ("work", work), ("wrong", wrong_moves)):
        command = commands.add_parser(name)
        command.set_defaults(action=action)
        command.add_argument("--address", required=True)
        command.add_argument("--identity", required=True)
        command.add_argument("--name", default="python")
        command.add_argument("--capture")
        command.add_argument("--go")
        command.add_argument("--others")
        command.add_argument("--socket")
    options = parser.parse_args()
    options.action(options)


main()
