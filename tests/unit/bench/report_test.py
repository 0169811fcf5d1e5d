#!/usr/bin/env python3
"""The benchmark's report: what it makes of the figures that the parts have left. Also how counts are read."""
import sys
import tempfile
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parents[3] / "bench"
for folder in ("report", "counts", "support"):
    sys.path.insert(0, str(BENCH / folder))

import callgrind  # noqa: E402
import figures  # noqa: E402
import from_table  # noqa: E402
import goals  # noqa: E402
import limits  # noqa: E402
import plots  # noqa: E402
import system_calls  # noqa: E402
import tables  # noqa: E402
import values  # noqa: E402
from goals import Value  # noqa: E402

LANES = """workload,lane,cycles,rate,rate_low,rate_high,ratio,ratio_low,ratio_high,open_rate,p50_us,p99_us,bad_replies,cpu_us_redis,cpu_us_respgres
get_1,redis,40,100000.0,90000.0,110000.0,1.0000,1.0000,1.0000,10000,50.0,200.0,0,7.000,0.000
get_1,respgres,40,91000.0,80000.0,95000.0,0.9100,0.8800,0.9300,10000,75.5,240.0,0,1.500,6.200
get_1,nutcracker,40,67000.0,60000.0,70000.0,0.6700,0.6600,0.6800,10000,90.0,260.0,0,8.000,0.000
get_1,haproxy,40,33000.0,30000.0,35000.0,0.3300,0.3200,0.3400,10000,99.0,260.0,0,8.000,0.000
get_16,respgres,40,500000.0,400000.0,600000.0,0.7000,0.6900,0.7100,0,0.0,0.0,0,0.500,0.500
"""


def values_of(**files):
    """What read_values finds in a directory with these CSV files."""
    with tempfile.TemporaryDirectory(prefix="respgres-report-") as directory:
        for name, text in files.items():
            (Path(directory) / f"{name}.csv").write_text(text)
        return values.read_values(directory)


def row_of(goal_number, what, table):
    """The cells of a goal's row."""
    found = [line for line in table.splitlines() if f"| {what} |" in line]
    assert len(found) == 1, (goal_number, what, found)
    return [cell.strip() for cell in found[0].strip("|").split("|")]


class Values(unittest.TestCase):
    def test_a_lane_has_ratio_with_quartiles_cpu_of_all_processes_and_latency_where_there_was_an_open_loop(self):
        found = values_of(lines=LANES)
        self.assertEqual(found["get_1.respgres.ratio"], Value(0.91, 0.88, 0.93))
        self.assertAlmostEqual(found["get_1.respgres.cpu"].value, 7.7)
        self.assertEqual(found["get_1.redis.p50"].value, 50)
        self.assertNotIn("get_16.respgres.p50", found)

    def test_parts_name_their_own_values_with_or_without_quartiles(self):
        found = values_of(fills="id,value,low,high\nfills.latency,0.6,0.5,0.7\nfills.cpu,0.4,,\n", counts="id,value\ninstructions_near_1,880.5\n")
        self.assertEqual(found["fills.latency"], Value(0.6, 0.5, 0.7))
        self.assertEqual(found["fills.cpu"], Value(0.4))
        self.assertEqual(found["instructions_near_1"].value, 880.5)

    def test_the_report_itself_is_no_source_and_a_file_of_neither_kind_is_an_error(self):
        self.assertEqual(values_of(report="goal,what\nP1,x\n"), {})
        with self.assertRaises(ValueError):
            values_of(other="name,number\nx,1\n")


class Goals(unittest.TestCase):
    def setUp(self):
        self.values = values_of(lines=LANES)
        self.table = tables.goals_markdown(self.values)

    def test_every_goal_of_the_design_has_a_row(self):
        self.assertEqual(sorted({goal.number for goal in goals.GOALS}, key=lambda number: int(number[1:])), [f"P{i}" for i in range(1, 20)])

    def test_a_goal_that_is_reached_says_so_with_limit_and_the_best_peer_of_this_run(self):
        cells = row_of("P4", "forwarded GET 100 B / Redis directly", self.table)
        self.assertEqual(cells[2:], ["0.91 (0.88-0.93)", ">= 0.90", "0.93", "predixy 0.79; here nutcracker 0.67", "yes"])

    def test_a_goal_that_is_missed_says_no(self):
        missed = dict(self.values)
        missed["get_1.respgres.ratio"] = Value(0.8999)
        self.assertEqual(row_of("P4", "forwarded GET 100 B / Redis directly", tables.goals_markdown(missed))[-1], "**no**")

    def test_what_was_not_measured_is_listed_as_such(self):
        cells = row_of("P12", "stampede: slowest client / the lone query", self.table)
        self.assertEqual((cells[2], cells[-1]), ("not measured", "-"))

    def test_goals_of_two_values(self):
        found = {goal.what: value for goal, value in tables.goal_rows(self.values)}
        self.assertAlmostEqual(found["CPU of proxy + Redis per forwarded command / Redis alone"].value, 7.7 / 7)
        self.assertAlmostEqual(found["latency added at 10 000/s, p50 us: forwarded"].value, 25.5)

    def test_at_most_and_at_least_include_the_goal_itself(self):
        self.assertTrue(goals.at_most("P", "", None, 1.2).reached(1.2))
        self.assertFalse(goals.at_most("P", "", None, 1.2).reached(1.21))
        self.assertTrue(goals.at_least("P", "", None, 0.9).reached(0.9))
        self.assertFalse(goals.at_least("P", "", None, 0.9).reached(0.89))

    def test_the_last_line_counts(self):
        self.assertIn("3 of 4 measured are reached; ", tables.goals_markdown(
            {"a": Value(1), "b": Value(1), "c": Value(1), "d": Value(3)},
            [goals.at_most(f"P{i}", name, goals.value_of(name), 2) for i, name in enumerate("abcde")]))

    def test_the_csv_has_a_line_for_each_goal(self):
        lines = tables.goals_csv(self.values).splitlines()
        self.assertEqual(len(lines), 1 + len(goals.GOALS))
        self.assertIn("P4,forwarded GET 100 B / Redis directly,0.91,0.88,0.93,0.93,predixy 0.79; here nutcracker 0.67,0.9,True,", lines)

    def test_numbers_are_shown_with_the_digits_that_count(self):
        self.assertEqual([tables.shown(each) for each in (0.914, 12.34, 259_000, 141.7, 2.0, None)], ["0.91", "12.34", "259 000", "142", "2", "-"])


class FromTable(unittest.TestCase):
    TEXT = "| who | keys/s | x |\n|---|---:|---:|\n| one | 1 000 | 1.00 |\n| two | 250 | 0.25 |\n\ntext\n\n| a | b |\n|---|---|\n| 7 | 8 |\n"

    def test_cells_are_found_by_table_row_and_column(self):
        found = from_table.tables(self.TEXT)
        self.assertEqual(from_table.pick(found, "0", "two", "2"), 0.25)
        self.assertEqual(from_table.pick(found, "0", "one", "1"), 1000)
        self.assertEqual(from_table.pick(found, "1", "0", "1"), 8)

    def test_what_is_not_there_is_none(self):
        found = from_table.tables(self.TEXT)
        self.assertIsNone(from_table.pick(found, "0", "three", "1"))
        self.assertIsNone(from_table.pick(found, "2", "0", "0"))


class Counts(unittest.TestCase):
    def test_callgrinds_total_is_that_of_the_dump_not_its_summary(self):
        self.assertEqual(callgrind.total_of("summary: 0\n\nfn=f\n0 12\n\ntotals: 59301513\n"), 59301513)
        with self.assertRaises(ValueError):
            callgrind.total_of("summary: 5\n")

    def test_straces_table_with_and_without_errors(self):
        text = ("% time     seconds  usecs/call     calls    errors syscall\n------ ----------- ----------- --------- --------- ----------------\n"
                " 60.00    0.000600           1       600           sendto\n 40.00    0.000400           1       400         3 recvfrom\n"
                "------ ----------- ----------- --------- --------- ----------------\n100.00    0.001000           1      1000         3 total\n")
        self.assertEqual(system_calls.read_summary(text), {"sendto": 600, "recvfrom": 400})

    def test_every_goal_of_the_gate_has_a_limit(self):
        for name in ("near_1", "near_16", "forward_1", "forward_16"):
            self.assertGreater(limits.INSTRUCTIONS[name], 0)
        for name in ("near_1", "forward_1"):
            self.assertGreater(limits.SYSTEM_CALLS[name], 2)

    def test_a_count_above_its_limit_is_told_and_one_at_it_is_not(self):
        self.assertEqual(limits.above({"near_1": 900.0, "hit_1": 5.0}, {"near_1": 900}, "instructions"), [])
        self.assertEqual(limits.above({"near_1": 901.0}, {"near_1": 900}, "instructions"), ["near_1: 901.000 instructions per request, the limit is 900"])


class Figures(unittest.TestCase):
    def test_quartiles_and_percentiles(self):
        self.assertEqual(figures.quartiles([5, 1, 4, 2, 3]), (3, 2, 4))
        self.assertEqual(figures.quartiles([7]), (7, 7, 7))
        self.assertEqual(figures.percentile([3, 1, 2], 0.5), 2)
        self.assertEqual(figures.percentile(range(100), 0.99), 99)

    def test_rows_are_what_the_report_reads(self):
        rows = figures.Rows()
        rows.add("a.b", 0.5, 0.25, 0.75)
        rows.add("c", 259_000)
        self.assertEqual(values_of(x="\n".join(rows.lines) + "\n"), {"a.b": Value(0.5, 0.25, 0.75), "c": Value(259_000)})


class Plots(unittest.TestCase):
    def test_throughput_has_the_depths_that_were_measured(self):
        found = plots.throughput(values_of(lines=LANES))
        self.assertEqual(found["forwarded"], [(1, 0.91, 0.88, 0.93), (16, 0.7, 0.69, 0.71)])
        self.assertEqual(found["haproxy"], [(1, 0.33, 0.32, 0.34)])
        self.assertNotIn("near hit", found)

    def test_growth_is_ordered_by_the_number_of_keys(self):
        found = plots.growth(values_of(keys="id,value,low,high\nkeys.10000.get_16,0.8,0.7,0.9\nkeys.1000.get_16,0.9,0.8,1\n"))
        self.assertEqual(found, {"forwarded, 16 deep": [(1000, 0.9, 0.8, 1), (10000, 0.8, 0.7, 0.9)]})

    def test_waits_are_by_way_and_mapping_and_what_is_not_there_is_a_gap(self):
        found = plots.waits(values_of(latency="id,value\nlatency.session.hit,0.05\nlatency.bet_count.hit,0.06\nlatency.bet_count.near_hit,0.02\n"))
        self.assertEqual(found, {"hit": {"session": 0.05, "bet_count": 0.06}, "near hit": {"bet_count": 0.02}})
        self.assertIn('"session" 0.05 NaN\n"bet_count" 0.06 0.02\n', plots.groups(found, "title", "ms"))

    def test_a_depth_that_a_lane_lacks_is_a_gap(self):
        script = plots.bars(plots.throughput(values_of(lines=LANES)), "title", plots.DEPTHS)
        self.assertIn('"16 deep" 0.7 0.69 0.71 NaN NaN NaN NaN NaN NaN', script)


unittest.main()
