"""Reads what the parts of a run have measured: {name: Value}."""
import csv
from pathlib import Path

from goals import Value

# The columns of side_by_side's CSV that become values of their own, as WORKLOAD.LANE.NAME.
SINGLE = {"p50": "p50_us", "p99": "p99_us"}
WITH_QUARTILES = {"rate": ("rate", "rate_low", "rate_high"), "ratio": ("ratio", "ratio_low", "ratio_high")}


def read_values(directory):
    values = {}
    for file in sorted(Path(directory).glob("*.csv")):
        if file.name == "report.csv":
            continue
        with open(file, newline="") as lines:
            rows = list(csv.DictReader(lines))
        if rows and "lane" in rows[0]:
            for row in rows:
                values.update(of_lane(row))
        elif rows and "id" in rows[0]:
            for row in rows:
                values[row["id"]] = Value(float(row["value"]), number(row.get("low")), number(row.get("high")), row.get("note") or "")
        elif rows:
            raise ValueError(f"{file}: neither `lane` nor `id` is a column")
    return values


def number(text):
    return float(text) if text else None


def of_lane(row):
    name = f"{row['workload']}.{row['lane']}"
    found = {f"{name}.{key}": Value(*(float(row[column]) for column in columns)) for key, columns in WITH_QUARTILES.items()}
    found[f"{name}.cpu"] = Value(sum(float(value) for column, value in row.items() if column.startswith("cpu_us_")))
    if float(row["open_rate"]) > 0:
        found.update({f"{name}.{key}": Value(float(row[column])) for key, column in SINGLE.items()})
    return found
