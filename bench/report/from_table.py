#!/usr/bin/env python3
"""Takes figures out of the Markdown tables that a program has printed.

    python3 bench/report/from_table.py FILE.md OUT.csv NAME=TABLE:ROW:COLUMN...

TABLE and COLUMN count from 0; ROW is a number as well, or what its first cell says. A row that is not there is left out.
"""
import sys
from pathlib import Path


def tables(text):
    """The rows of each table, without its head: lists of cells."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            found.append(rows[2:])
            rows = []
    return found


def pick(all_tables, table, row, column):
    """The number in a cell, or None."""
    if int(table) >= len(all_tables):
        return None
    rows = all_tables[int(table)]
    named = [each for each in rows if each[0] == row] or ([rows[int(row)]] if row.isdigit() and int(row) < len(rows) else [])
    return float(named[0][int(column)].replace(" ", "")) if named else None


def main():
    source, target, *wanted = sys.argv[1:]
    all_tables = tables(Path(source).read_text())
    rows = ["id,value"]
    for each in wanted:
        name, place = each.split("=")
        value = pick(all_tables, *place.split(":"))
        if value is None:
            print(f"{source} has nothing for {each}", file=sys.stderr)
        else:
            rows.append(f"{name},{value}")
    Path(target).write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
