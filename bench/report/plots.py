"""Plots of a run, drawn by gnuplot as SVG."""
import subprocess
from pathlib import Path

DEPTHS = (1, 16, 64)
HEAD = """set terminal svg noenhanced size 760,440 background "#ffffff" font "sans-serif,13"
set grid ytics lc rgb "#dddddd"
set key outside bottom center horizontal
set border 3
set tics nomirror
"""


def throughput(values):
    """Ratio to Redis by depth: {lane: [(depth, ratio, low, high)]}."""
    lanes = {"near hit": ("near", "respgres"), "near hit, Unix socket": ("near", "respgres_unix"), "forwarded": ("get", "respgres"),
             "nutcracker": ("get", "nutcracker"), "haproxy": ("get", "haproxy")}
    found = {}
    for title, (line, lane) in lanes.items():
        points = [(depth, values[f"{line}_{depth}.{lane}.ratio"]) for depth in DEPTHS if f"{line}_{depth}.{lane}.ratio" in values]
        if points:
            found[title] = [(depth, point.value, point.low, point.high) for depth, point in points]
    return found


def growth(values):
    """Ratio to Redis by the number of keys: {line: [(keys, ratio, low, high)]}."""
    titles, found = {"near_16": "near hit, 16 deep", "get_16": "forwarded, 16 deep"}, {}
    for name, value in values.items():
        words = name.split(".")                    # keys.1000.near_16
        if words[0] == "keys":
            found.setdefault(titles[words[2]], []).append((int(words[1]), value.value, value.low, value.high))
    return {title: sorted(points) for title, points in found.items()}


def waits(values):
    """Median milliseconds: {way: {mapping: value}}."""
    found = {}
    for name, value in values.items():
        words = name.split(".")                    # latency.active_bets.miss
        if words[0] == "latency":
            found.setdefault(words[2].replace("_", " "), {})[words[1]] = value.value
    return found


def bars(series, title, labels):
    """A script for grouped bars with quartiles: a group per x, a bar per series."""
    columns = list(series)
    data = ["$data << EOD"]
    for place, label in enumerate(labels):
        cells = []
        for name in columns:
            point = next((point for point in series[name] if point[0] == label), None)
            cells += [f"{point[1]} {point[2]} {point[3]}" if point else "NaN NaN NaN"]
        data.append(f'"{label} deep" {" ".join(cells)}')
    data.append("EOD")
    plots = ", ".join(f'$data using {2 + 3 * i}:{3 + 3 * i}:{4 + 3 * i}:xtic(1) title "{name}"' for i, name in enumerate(columns))
    return "\n".join([*data, f'set title "{title}"', "set style data histograms", "set style histogram errorbars gap 2 lw 1",
                      "set style fill solid 0.8", "set yrange [0:*]", 'set arrow from graph 0, first 1 to graph 1, first 1 nohead dt 2', f"plot {plots}"])


def groups(series, title, y_title):
    """A script for grouped bars without quartiles, on a logarithmic scale."""
    names = list(dict.fromkeys(name for values in series.values() for name in values))
    data = ["$data << EOD", *(f'"{name}" ' + " ".join(str(values.get(name, "NaN")) for values in series.values()) for name in names), "EOD"]
    plots = ", ".join(f'$data using {2 + i}:xtic(1) title "{way}"' for i, way in enumerate(series))
    return "\n".join([*data, f'set title "{title}"', f'set ylabel "{y_title}"', "set style data histograms", "set style histogram clustered gap 2",
                      "set style fill solid 0.8", "set logscale y", f"plot {plots}"])


def lines(series, title, x_title):
    data = []
    for i, points in enumerate(series.values()):
        data += [f"$series{i} << EOD", *(" ".join(map(str, point)) for point in points), "EOD"]
    plots = ", ".join(f'$series{i} using 1:2:3:4 with yerrorlines title "{name}"' for i, name in enumerate(series))
    return "\n".join([*data, f'set title "{title}"', f'set xlabel "{x_title}"', "set logscale x", "set offsets graph 0.05, graph 0.05",
                      "set yrange [0:*]", f"plot {plots}"])


def draw(directory, values):
    """{page: [(file, title)]}. Draws what there are values for."""
    drawn = {}
    ratio = "Throughput, relative to Redis asked directly over TCP"
    if series := throughput(values):
        drawn["lines"] = [run_gnuplot(directory, "throughput.svg", ratio, bars(series, ratio, DEPTHS))]
    if series := growth(values):
        drawn["keys"] = [run_gnuplot(directory, "keys.svg", ratio, lines(series, ratio, "keys"))]
    if series := waits(values):
        title = "Median latency of one client"
        drawn["latency"] = [run_gnuplot(directory, "latency.svg", title, groups(series, title, "ms"))]
    return drawn


def run_gnuplot(directory, name, title, script):
    file = Path(directory) / name
    subprocess.run(["gnuplot"], input=f'{HEAD}set output "{file}"\n{script}\n', text=True, check=True)
    return name, title
