"""Compares two files of JSON field by field: exit 0 and silence when they say the same, else the first differences and exit 1.

Numbers are compared without rounding. Two timestamps are the same when they name the same moment, whatever the zone.
"""
import json
import sys
from datetime import datetime
from decimal import Decimal


def moment(text):
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else None


def differences(left, right, path="$"):
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in left or key not in right:
                yield f"{path}.{key}: only on the {'left' if key in left else 'right'}"
            else:
                yield from differences(left[key], right[key], f"{path}.{key}")
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            yield f"{path}: {len(left)} elements, {len(right)} elements"
        for at, (one, other) in enumerate(zip(left, right)):
            yield from differences(one, other, f"{path}[{at}]")
    elif type(left) is not type(right) or left != right:
        if moment(left) is None or moment(left) != moment(right):
            yield f"{path}: {left!r}, {right!r}"


def read(name):
    with open(name, encoding="utf-8") as file:
        return json.load(file, parse_float=Decimal, parse_int=Decimal)


try:
    found = list(differences(read(sys.argv[1]), read(sys.argv[2])))
except ValueError as problem:
    sys.exit(f"not JSON: {problem}")
print("\n".join(found[:5]), end="\n" if found else "")
sys.exit(1 if found else 0)
