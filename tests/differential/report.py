"""Makes a difference small, and prints it."""
from wire import quoted

MOST_ATTEMPTS = 150


def shrink(steps, still_differs):
    """Leaves out steps, many at a time at first, as long as what is left still differs. `still_differs(steps)` is asked MOST_ATTEMPTS times."""
    attempts, size = 0, len(steps) // 2
    while size:
        place = 0
        while place < len(steps) and attempts < MOST_ATTEMPTS:
            fewer = steps[:place] + steps[place + size:]
            attempts += 1
            if fewer and still_differs(fewer):
                steps = fewer
            else:
                place += size
        size //= 2
    return steps


def line_of(step):
    if step.advance:
        return f"         # {step.advance} ms pass"
    note = "      (inline)" if step.inline else ""
    return f"client {step.client}> {b' '.join(quoted(word) for word in step.words).decode()}{note}"


def shown(reply):
    text = repr(reply)[2:-1]
    return text if len(text) <= 1500 else f"{text[:1500]}... ({len(reply)} bytes)"


def text_of(seed, difference, reproduced):
    lines = [f"Difference in sequence {seed}" + ("" if reproduced else ", not seen again when it was repeated: it depends on the moment")]
    lines += ["    " + line_of(step) for step in difference.steps]
    lines += [f"  to {line_of(difference.step)}", f"  redis {shown(difference.direct)}", f"  proxy {shown(difference.proxied)}",
              f"  again: python3 tests/differential/run.py --replay {seed}"]
    return "\n".join(lines)
