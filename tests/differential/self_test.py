"""Whether the differential test finds what it is for, and nothing else."""
import exceptions
import grammar
from local_servers import LocalServers
from middle import Middle
from model import Connection
from report import shrink
from sequences import Step
from wire import frame_end

ALIKE, SPOILT, EVERY = 300, 300, 400

STALE = """
[[exception]]
commands = ["nosuchcommand"]
compare = "nothing"
reason = "it is not there"
[[exception]]
commands = ["get"]
compare = "shape"
[[exception]]
commands = ["set"]
compare = "exact"
reason = "it excepts nothing"
"""


def check(truth, what):
    print(("ok      " if truth else "FAILED  ") + what)
    return truth


def frames():
    replies = [b"+OK\r\n", b"$3\r\na\r\n\r\n", b"$-1\r\n", b"*2\r\n:1\r\n*1\r\n$0\r\n\r\n", b"%1\r\n+a\r\n~1\r\n,1.5\r\n", b"*-1\r\n", b"_\r\n", b">1\r\n#t\r\n",
               b"=5\r\ntxt:a\r\n"]
    whole = all(frame_end(reply) == len(reply) for reply in replies)
    cut = all(frame_end(reply[:size]) == -1 for reply in replies for size in range(len(reply)))
    return check(whole and cut, "every reply ends where it ends, and not before")


def stale_exceptions(commands):
    _, problems = exceptions.load(dict(commands), STALE)
    return check(len(problems) == 3 and all(name in text for name, text in zip(("nosuchcommand", "(get)", "(set)"), problems)),
                 "an exception that is stale, or has no reason, or excepts nothing, is an error")


def replies_expected(commands):
    connection = Connection(commands, {})

    def count(line):
        words = line.encode().split()
        return connection.note(words, connection.command_of(words)[0])
    counts = [count(line) for line in ("SUBSCRIBE a b", "GET x", "UNSUBSCRIBE", "UNSUBSCRIBE", "MULTI", "GET x", "EXEC")]
    return check(counts == [2, 1, 2, 1, 1, 1, 1] and not connection.in_multi, "the number of replies is known before they come")


def shrinking():
    steps = [Step(0, [b"%d" % number]) for number in range(40)]
    left = shrink(steps, lambda some: steps[7] in some and steps[31] in some)
    return check(left == [steps[7], steps[31]], "a sequence is made as small as it gets")


def against_redis(worker_class, every, sequences):
    """(differences, spoilt replies) with a second Redis in the proxy's place."""
    with LocalServers("respgres-differential-") as servers:
        middles = []

        def through(servers, redis):
            path = servers.directory / f"middle-{len(middles)}.sock"
            middles.append(Middle(path, redis, every))
            return path
        worker = worker_class(servers, through, has_proxy=False)
        found = sum(bool(worker.run(f"self-test:{number}", makes_small=False)) for number in range(sequences))
        return found, sum(middle.changed for middle in middles)


def self_test(worker_class):
    with LocalServers("respgres-differential-") as servers:
        worker = worker_class(servers, lambda _, redis: redis, has_proxy=False)
        results = [frames(), stale_exceptions(worker.commands), replies_expected(worker.commands), shrinking(),
                   check(not worker.problems, f"exceptions.toml has no stale exception {worker.problems or ''}")]
    found, _ = against_redis(worker_class, 0, ALIKE)
    results.append(check(found == 0, f"two Redis servers answer {ALIKE} sequences alike ({found} differences)"))
    found, changed = against_redis(worker_class, EVERY, SPOILT)
    results.append(check(found == changed > 0, f"each reply of which one byte was changed is found: {found} of {changed}"))
    return 0 if all(results) else 1
