#!/usr/bin/env python3
"""Reads ctest's JUnit file: prints "PASSED FAILED SKIPPED", or with --failures the output of the tests that failed."""
import sys
import xml.etree.ElementTree as ElementTree


def main():
    failures = "--failures" in sys.argv
    cases = list(ElementTree.parse(sys.argv[-1]).getroot().iter("testcase"))
    # ctest says "run", "fail", "disabled" or "notrun"; a test that asks to be skipped is "notrun" with a reason.
    bad, skipped = [], []
    for case in cases:
        reason = (case.find("skipped").get("message") or "") if case.find("skipped") is not None else ""
        if case.get("status") == "notrun" and reason.startswith("SKIP_RETURN_CODE"):
            skipped.append(case)
        elif case.get("status") != "run":
            bad.append(case)
    if not failures:
        print(len(cases) - len(bad) - len(skipped), len(bad), len(skipped))
        return
    for case in bad:
        print(f"\n--- failed: {case.get('name')}")
        print(case.findtext("system-out") or "(no output)")
    print()
    for case in bad:
        print(f"failed: {case.get('name')}")


main()
