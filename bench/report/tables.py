"""The report's tables, as Markdown and CSV."""
import csv
import io

from goals import GOALS

CSV_HEAD = ("goal", "what", "value", "low", "high", "limit", "peer", "target", "reached", "note")


def shown(number):
    """Three digits that count, and thin groups: 0.914, 12.3, 259 000."""
    if number is None:
        return "-"
    if abs(number) >= 1000:
        return f"{number:,.0f}".replace(",", " ")
    if number == int(number):
        return f"{number:.0f}"
    return f"{number:.2f}" if abs(number) < 100 else f"{number:.0f}"


def peer_text(goal, values):
    here = [(name.split(".")[1], values[name].value) for name in goal.peers_here if name in values]
    best = (max if goal.at_least else min)(here, key=lambda each: each[1]) if here else None
    return "; ".join(filter(None, [goal.peer, f"here {best[0]} {shown(best[1])}" if best else ""])) or "-"


def goal_rows(values, goals=GOALS):
    """(goal, Value or None) of each goal."""
    return [(goal, goal.measured(values)) for goal in goals]


def goals_markdown(values, goals=GOALS):
    lines = ["| goal | what | measured (quartiles) | goal is | limit | best peer | reached |", "|---|---|---:|---:|---:|---|---|"]
    last = ""
    for goal, value in goal_rows(values, goals):
        sign = ">=" if goal.at_least else "<="
        number = "" if goal.number == last else goal.number
        last = goal.number
        ends = f" | {sign} {shown(goal.goal)} | {shown(goal.limit)} | {peer_text(goal, values)} | "
        if value is None:
            lines.append(f"| {number} | {goal.what} | not measured{ends}- |")
            continue
        quartiles = "" if value.low is None else f" ({shown(value.low)}-{shown(value.high)})"
        verdict = "yes" if goal.reached(value.value) else "**no**"
        note = f" ({value.note})" if value.note else ""
        lines.append(f"| {number} | {goal.what} | {shown(value.value)}{quartiles}{ends}{verdict}{note} |")
    measured = [(goal, value) for goal, value in goal_rows(values, goals) if value is not None]
    reached = sum(goal.reached(value.value) for goal, value in measured)
    return "\n".join(lines) + f"\n\n{reached} of {len(measured)} measured are reached; {len(goals) - len(measured)} were not measured in this run.\n"


def goals_csv(values, goals=GOALS):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEAD)
    for goal, value in goal_rows(values, goals):
        fixed = (goal.limit, peer_text(goal, values), goal.goal)
        if value is None:
            writer.writerow((goal.number, goal.what, None, None, None, *fixed, "", "not measured"))
        else:
            writer.writerow((goal.number, goal.what, value.value, value.low, value.high, *fixed, goal.reached(value.value), value.note))
    return out.getvalue()
