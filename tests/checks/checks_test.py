#!/usr/bin/env python3
"""Each check finds the faults that it is for, and stays silent about their right forms: small trees, one fault each."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(check, files):
    """(exit code, output) of a check on a tree that holds these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, "-B", str(HERE / f"{check}_check.py"), folder], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


class Checks(unittest.TestCase):
    def refused(self, check, name, text, message):
        code, output = run(check, {name: text})
        self.assertEqual(code, 1, output)
        self.assertIn(message, output)

    def accepted(self, check, name, text):
        code, output = run(check, {name: text})
        self.assertEqual(code, 0, output)

    def test_a_check_that_looks_at_nothing_fails(self):
        for check in ("layers", "size", "co_await", "names", "scripts"):
            self.assertEqual(run(check, {})[0], 1, check)

    def test_layers(self):
        self.refused("layers", "protocol/a.hpp", '#include "conf/b.hpp"\n', "protocol must not include")
        self.refused("layers", "conf/a.cpp", '#include "protocol/b.hpp"\n', "conf must not include")
        self.refused("layers", "backends/a.cpp", '\n#include "proxy/b.hpp"\n', "backends/a.cpp:2")
        self.refused("layers", "proxy/values/a.cpp", '#include "proxy/sessions/b.hpp"\n', "proxy/values must not")
        self.refused("layers", "protocol/a.cpp", "#include <boost/asio/buffer.hpp>\n", "pure")
        self.refused("layers", "protocol/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "clock")
        self.refused("layers", "proxy/a.cpp", '#include "b.hpp"\n', "root")
        self.refused("layers", "proxy/sessions/a.cpp", '#include "proxy/commands/b.hpp"\n', "proxy/sessions must not")
        self.refused("layers", "backends/redis/a.cpp", '#include "backends/postgres/b.hpp"\n', "backends/redis must not")
        self.accepted("layers", "proxy/lookups/a.cpp", '#include "proxy/values/b.hpp"\n#include "backends/c.hpp"\n#include <vector>\n')
        self.accepted("layers", "protocol/a.cpp", "// steady_clock is not used here\n")

    def test_size(self):
        body = "    call();\n"
        self.refused("size", "proxy/a.cpp", "int x;\n" * 501, "501 lines, limit 500")
        self.refused("size", "proxy/a.cpp", "namespace n {\nvoid f(int a) {\n" + body * 59 + "}\n}\n", "a.cpp:2: f: 61 lines")
        self.refused("size", "proxy/a.cpp", "c::c() : a_{1}, b_(2) {\n" + body * 59 + "}\n", "c: 61 lines")
        self.refused("size", "proxy/a.hpp", "class c {\n    int f() const {\n" + body * 70 + "    }\n};\n", "f: 72 lines")
        self.accepted("size", "proxy/a.cpp", "void f() {\n" + body * 58 + "}\nvoid g() {\n" + body * 58 + "}\n")
        self.accepted("size", "proxy/a.cpp", "constexpr row table[] = {\n" + '    {"{", f(1)},\n' * 200 + "};\n")
        self.accepted("size", "tests/a.cpp", 'TEST_CASE("x {", "[y]") {\n' + body * 90 + "}\n")

    def test_co_await(self):
        def body(line):
            return f"awaitable<void> f() {{\n    {line}\n}}\n"

        for trap in ('co_await connect({.host = "h", .port = 1});', "co_await connect(options{1, 2});", "co_await g([p] { use(p); });",
                     "co_spawn(co_await this_coro::executor, [s = std::move(s)] { s(); }, handler);",
                     "co_return aggregate{a, co_await b()};", "if (co_await g([&] { return 1; })) { h(); }",
                     "while (waits && co_await ready(next())) h();"):
            self.refused("co_await", "proxy/a.cpp", body(trap), "in a statement with co_await")
        self.refused("co_await", "proxy/a.cpp", body("co_spawn(ex, [s]() -> awaitable<void> { co_await s(); }(), handler);"),
                     "called, not passed")
        for right in ("options o{1, 2};\n    co_await connect(std::move(o));", "auto f = [p] { use(p); };\n    co_await g(f);",
                      "auto ex = co_await this_coro::executor;\n    co_spawn(ex, [s] { s(); }, handler);",
                      "co_spawn(ex, [s]() -> awaitable<void> { co_await s(); }, handler);", "co_await g(values[i], [] { return 1; });",
                      "while (more) {\n        auto x = co_await g();\n        y.push_back({x});\n    }",
                      "for (auto& one : all) { co_await one(); }", "co_await g();  // not {.a = 1}, nor [x] {}"):
            self.accepted("co_await", "proxy/a.cpp", body(right))

    def test_names(self):
        self.refused("names", "notes/a.md", "x\n", "not a top-level name")
        self.refused("names", "proxy/a.cpp", 'auto p = "/wo' + 'rk/main/x";\n', "a path of one machine")
        self.refused("names", "conf/a.toml", 'x = "/home/ann/' + 'y"\n', "a path of one machine")
        self.refused("names", "tests/a_test.cpp", 'TEST_CASE("a' + ': b; c", "[d]") {\n}\n', "a test's name with a semicolon")
        self.accepted("names", "tests/a_test.cpp", 'TEST_CASE("a: b, c", "[d]") { f(";"); }\n')
        self.accepted("names", "README.md", "GET /stats, build/wo" + "rk/x, https://example.org/ro" + "ot/x\n")

    def test_scripts(self):
        self.refused("scripts", "conf/a.sh", "set -e\nif true; then\n", "syntax error")
        self.refused("scripts", "conf/a.sh", "#!/bin/bash\necho hello\n", "no `set -e`")
        self.refused("scripts", "tests/a.py", "def f(:\n", "tests/a.py:1")
        self.accepted("scripts", "conf/a.sh", "#!/bin/bash\nset -euo pipefail\necho hello\n")
        self.accepted("scripts", "conf/functions.sh", "f() { echo hello; }\n")

    def readme(self, text, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "README.md")
            path.write_text(text)
            done = subprocess.run([sys.executable, "-B", str(HERE / "readme_test.py"), str(path), *options], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_readme(self):
        mark = "# x\n\n<!-- test -->\n"
        good = mark + "```console\n$ x=7; export x\n$ echo port 6380 $x\nport 6380 ...\n$ printf 'a\\nb\\nc\\n'\na\n...\n$ false\n[exit 1]\n```\n"
        self.assertEqual(self.readme(good, "--replace", "6380=1234"), (0, "1 example(s), 0 problem(s)\n"))
        self.assertEqual(self.readme(mark + "```sh\ntrue\nfor i in 1 2; do\n  echo $i\ndone\n```\n")[0], 0)
        for bad, message in ((mark + "```console\n$ echo a\nb\n```\n", "line 5: `echo a` printed\na\n"),
                             (mark + "```console\n$ false\n```\n", "ended with 1, not 0"),
                             (mark + "```sh\nexit 3\n```\n", "ended with 3"),
                             ("```console\n$ echo not marked\nx\n```\n", "no block is marked")):
            code, output = self.readme(bad)
            self.assertEqual(code, 1, output)
            self.assertIn(message, output)


if __name__ == "__main__":
    unittest.main()
