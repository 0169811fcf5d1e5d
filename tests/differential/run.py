#!/usr/bin/env python3
"""The differential test: random sequences of Redis commands, to a Redis directly and to another one through the proxy. All replies must be
the same, byte for byte.

Commands, numbers of words and arguments come from Redis' own COMMAND and COMMAND DOCS. A sequence has up to three clients in RESP2 and RESP3, with
pipelines that are cut at random places, transactions, scripts, blocking commands, subscriptions, and time that passes. Both servers
have the same seeds and the same clock (same_luck.c). What is not compared, and why: exceptions.toml. A difference is made as small as possible
and printed with the commands that lead to it; ends with 1 if there was one.

    python3 tests/differential/run.py                          # 5000 sequences; RESPGRES_BINARY, or build/release/bin/respgres
    python3 tests/differential/run.py --sequences 200000
    python3 tests/differential/run.py --replay 1:4711          # this sequence only
    python3 tests/differential/run.py --self-test              # a second Redis in the proxy's place, then one whose replies are spoilt
"""
import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from multiprocessing import connection as pipes

import exceptions
import grammar
from lockstep import PATIENCE, Lockstep
from pair import HERE, Pair, dumps, start_proxy
from report import shrink, text_of
from sequences import Sequences

sys.path.insert(0, str(HERE.parent / "support"))
from local_servers import LocalServers  # noqa: E402

MOST_DIFFERENCES = 20          # per worker; then it ends
STEP = 25                      # sequences between two messages of a worker


class Worker:
    """A pair of servers, and the sequences that are carried out on them."""

    def __init__(self, servers, through, has_proxy=True):
        self.pair = Pair(servers, through)
        control = self.pair.direct.control
        self.commands = grammar.load(control)
        self.rules, self.problems = exceptions.load(self.commands)
        if self.problems and has_proxy:
            sys.exit("\n".join(self.problems))
        if not has_proxy:
            # Two like servers answer all alike but for their memory, even with the numbers of connections.
            for name, rule in self.rules.items():
                rule.compare = "exact" if rule.compare in ("exact", "sorted") or name == "hello" else "nothing"
        values = [dumps(side.control) for side in self.pair.sides]
        self.sequences = Sequences(self.commands, self.rules, values[0])
        self.lockstep = Lockstep(self.pair, self.commands, self.rules)

    def attempt(self, seed, steps):
        try:
            difference = self.lockstep.run(seed, steps)
        except ConnectionError as error:        # the fault of the test, or of Redis
            raise ConnectionError(f"sequence {seed}: {error}") from None
        if difference:
            self.pair.restart()         # what is left of it cannot be known
        return difference

    def run(self, seed, makes_small=True):
        """None, or the text of a difference."""
        steps = self.sequences.make(seed)
        first = self.attempt(seed, steps)
        if not first:
            return None
        latest = [first]

        def still_differs(fewer):
            found = self.attempt(seed, fewer)
            if found and found.command == first.command:
                latest.append(found)
                return True
            return False

        self.lockstep.patience = 1          # what comes at all has come by then
        reproduced = makes_small and still_differs(steps)
        if reproduced:
            shrink(steps, still_differs)
        self.lockstep.patience = PATIENCE
        return text_of(seed, latest[-1], reproduced or not makes_small)


def work(pipe, binary, seeds):
    """The body of one process: sends (sequences done, commands sent, texts of differences) and at last the commands that were answered."""
    with LocalServers("respgres-differential-") as servers:
        worker = Worker(servers, start_proxy(binary))
        done, found, sent = 0, 0, 0
        for number, seed in enumerate(seeds, 1):
            text = worker.run(seed)
            done, found = done + 1, found + bool(text)
            if text or number % STEP == 0:
                pipe.send((done, worker.lockstep.sent - sent, text))
                done, sent = 0, worker.lockstep.sent
            if found == MOST_DIFFERENCES or servers.died():
                break
        pipe.send((done, worker.lockstep.sent - sent, None))
        pipe.send(worker.lockstep.answered)


def tell(began, told, text):
    """Says how far it is: on a terminal in one line, else every minute. When it last did."""
    now = time.monotonic()
    if sys.stderr.isatty():
        print(f"\r{text}, {now - began:.0f} s ", end="", file=sys.stderr, flush=True)
        return now
    if now - told < 60:
        return told
    print(f"{text}, {now - began:.0f} s", file=sys.stderr, flush=True)
    return now


def run_all(options):
    """(sequences, commands, differences, how often each command was answered without an error, workers that failed)"""
    seeds = [f"{options.seed}:{number}" for number in range(options.sequences)]
    pipes_of = {}
    for number in range(options.jobs):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(target=work, args=(theirs, options.binary, seeds[number::options.jobs]))
        process.start()
        theirs.close()
        pipes_of[ours] = process
    done = sent = differences = failed = 0
    answered, began = Counter(), time.monotonic()
    told = began
    while pipes_of:
        for pipe in pipes.wait(list(pipes_of)):
            try:
                message = pipe.recv()
            except EOFError:
                process = pipes_of.pop(pipe)
                process.join()
                failed += process.exitcode != 0
                continue
            if isinstance(message, dict):
                answered.update(message)
                continue
            done, sent = done + message[0], sent + message[1]
            if message[2]:
                differences += 1
                print(("\r" if sys.stderr.isatty() else "") + message[2] + "\n", flush=True)
            told = tell(began, told, f"{done} of {options.sequences} sequences, {differences} differences")
    return done, sent, differences, answered, failed


def compare(options):
    began = time.monotonic()
    done, sent, differences, answered, failed = run_all(options)
    print(f"{done} sequences, {sent} commands ({len(answered)} kinds answered without an error), {differences} differences, "
          f"{time.monotonic() - began:.0f} s; seed {options.seed}")
    if failed:
        print(f"{failed} workers failed")
    return 0 if done == options.sequences and not differences and not failed else 1


def replay(options):
    with LocalServers("respgres-differential-") as servers:
        text = Worker(servers, start_proxy(options.binary)).run(options.replay)
    print(text or f"sequence {options.replay}: no difference")
    return 1 if text else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=5000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="other sequences")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), metavar="N", help="processes, each with servers of its own")
    parser.add_argument("--replay", metavar="SEED", help="one sequence, as a difference names it")
    parser.add_argument("--self-test", action="store_true", help="whether the test finds what it is for")
    parser.add_argument("--binary", default=os.environ.get("RESPGRES_BINARY") or str(HERE.parents[1] / "build/release/bin/respgres"))
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    return options


def main():
    options = arguments()
    if options.self_test:
        from self_test import self_test
        sys.exit(self_test(Worker))
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"{options.binary} does not exist; build it, or name it in RESPGRES_BINARY")
    sys.exit(replay(options) if options.replay else compare(options))


if __name__ == "__main__":
    main()
