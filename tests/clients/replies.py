"""Compares the replies that a client printed: what differs by nature is reduced to its shape first."""
import json


def as_text(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def kind(value):
    """For times and new ids: whether numbers or texts came, and how many."""
    if isinstance(value, list):
        return [kind(element) for element in value]
    if isinstance(value, dict):
        return {name: kind(field) for name, field in value.items()}
    return type(value).__name__


def number(value):
    """For connection ids and times: a number, or digits where the library leaves numbers as texts."""
    return "number" if str(value).lstrip("-").isdigit() else value


def fields(value):
    """For INFO and CLIENT LIST: which fields there are; their values are of one process, one connection, one moment."""
    if isinstance(value, dict):
        return sorted(value)
    first, *_ = str(value).split("\nid=")                 # CLIENT LIST: which connections are open is not the client's doing
    if first.startswith("id="):
        return [part.split("=")[0] for part in first.split()]
    return [line.split(":")[0] for line in first.splitlines()]


def any_order(value):
    """For members of a hash table: Redis lists them by a hash with a seed of the process."""
    return sorted(value, key=as_text) if isinstance(value, list) else value


def any_order_of_pairs(value):
    """The same for HGETALL as RESP 2 sends it: field, value, field, value."""
    if isinstance(value, list) and not any(isinstance(element, list) for element in value):
        return any_order([value[place:place + 2] for place in range(0, len(value), 2)])
    return any_order(value)


RULES = {"number": number, "type": kind, "fields": fields, "any": any_order, "pairs": any_order_of_pairs}


def comparable(line, rule):
    """What of a printed step must be equal: the step's own rule of steps.json applied to its reply."""
    if line is None:
        return None
    line = dict(line)
    if rule and "reply" in line and "error" not in line:
        line["reply"] = RULES[rule](line["reply"])
    return line


def differences(expected, found, rules):
    """[(step, expected line, found line)] of all steps that are not equal; a step that is missing is None."""
    expected_by_name = {line["step"]: line for line in expected}
    found_by_name = {line["step"]: line for line in found}
    names = list(expected_by_name) + [name for name in found_by_name if name not in expected_by_name]
    return [(name, expected_by_name.get(name), found_by_name.get(name)) for name in names
            if comparable(expected_by_name.get(name), rules.get(name)) != comparable(found_by_name.get(name), rules.get(name))]


def shown(line):
    """One side of a difference in one line of at most 300 characters."""
    if line is None:
        return "(this step was not reached)"
    text = as_text({name: line[name] for name in line if name != "step"})
    return text if len(text) <= 300 else text[:297] + "..."
