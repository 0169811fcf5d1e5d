#!/usr/bin/env python3
"""The direction of dependencies, read from the include lines: {protocol, conf} <- backends <- proxy."""
import re

from sources import code_files, finish, project_root, read, without_literals

# The folders of proxy/, each with what it may include of the others beside itself.
PROXY = {
    "clients": [],
    "mappings": [],
    "values": ["mappings"],
    "users": [],
    "invalidations": ["mappings"],
    "metrics": ["clients", "mappings", "freshness"],
    "freshness": ["mappings"],
    "fills": ["mappings", "invalidations", "values", "metrics", "freshness"],
    "explanations": ["mappings", "invalidations", "fills", "rules"],
    "audit": ["mappings", "invalidations", "values", "metrics", "freshness", "fills"],
    "near": ["mappings", "freshness", "metrics"],
    "sessions": ["clients", "mappings", "freshness", "metrics", "users", "near"],
    "lookups": ["mappings", "near", "values", "metrics", "freshness", "fills", "audit", "sessions", "users"],
    "leader": ["mappings", "invalidations", "freshness", "fills"],
    "rules": ["mappings", "invalidations", "freshness", "metrics", "fills", "leader"],
    "commands": ["clients", "mappings", "near", "invalidations", "values", "metrics", "freshness", "fills", "audit", "sessions", "lookups", "rules", "users", "explanations"],
    "workers": ["clients", "mappings", "near", "values", "metrics", "freshness", "fills", "audit", "sessions", "lookups", "commands", "rules", "users"],
    "admin": ["mappings", "freshness", "metrics", "workers", "explanations"],
}

# Folder -> folders that it may include ("x/*": only what lies directly in x). The longest matching folder counts; tests and bench may include everything.
MAY_INCLUDE = {
    "protocol": ["protocol"],
    "conf": ["conf"],
    "backends": ["backends", "protocol", "conf"],
    "backends/change_stream": ["backends/change_stream", "backends/*"],
    "backends/net": ["backends/net", "backends/*", "conf"],
    "backends/redis": ["backends/redis", "backends/net", "backends/*", "protocol", "conf"],
    "backends/postgres/replication": ["backends/postgres", "backends/change_stream", "backends/*"],
    "backends/postgres": ["backends/postgres", "backends/net", "backends/*", "conf"],
    "proxy": ["proxy", "backends", "protocol", "conf"],
    **{f"proxy/{part}": ["backends", "protocol", "conf"] + [f"proxy/{other}" for other in [part, *others]] + ["proxy/plants.hpp"] for part, others in PROXY.items()},
}

# Part of the build, not of the folder's library.
NOT_A_LAYER = ("conf/cmake/",)

# Folder -> what it must not mention at all, and why.
FORBIDDEN = {
    "protocol": [(r"#\s*include\s*[<\"](boost/asio|spdlog)", "protocol is pure: no Asio, no logging"),
                 (r"\b(steady|system|high_resolution)_clock\b", "protocol reads no clock"),
                 (r"#\s*include\s*<(thread|mutex|sys/socket\.h|unistd\.h)>", "protocol is pure: no threads, no I/O")],
    "backends/change_stream": [(r"#\s*include\s*[<\"](boost/asio|spdlog|libpq)", "reading the change stream is pure: no Asio, no logging, no libpq"),
                               (r"\b(steady|system|high_resolution)_clock\b", "reading the change stream needs no clock")],
    "conf": [(r"#\s*include\s*[<\"]boost/asio", "conf knows no Asio")],
    "proxy/mappings": [(r"#\s*include\s*[<\"](boost/asio|spdlog)", "mappings are pure data")],
}

OUR_FOLDERS = ("protocol/", "conf/", "backends/", "proxy/", "tests/", "bench/")


def lies_in(name, folder):
    if folder.endswith("/*"):
        return name.rpartition("/")[0] == folder[:-2]
    return name == folder or name.startswith(folder + "/")


def rule_for(table, name):
    folders = [folder for folder in table if name.startswith(folder + "/")]
    return max(folders, key=len) if folders else None


def main():
    root = project_root()
    problems, looked_at = [], 0
    for name in code_files(root):
        if name.startswith(NOT_A_LAYER):
            continue
        looked_at += 1
        text = read(root, name)
        allowed = rule_for(MAY_INCLUDE, name)
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not include:
                continue
            if not include.group(1).startswith(OUR_FOLDERS):
                problems.append(f'{name}:{number}: "{include.group(1)}": include paths begin at the project\'s root')
            elif allowed and not any(lies_in(include.group(1), folder) for folder in MAY_INCLUDE[allowed]):
                problems.append(f'{name}:{number}: {allowed} must not include "{include.group(1)}"')
        code = without_literals(text)
        for folder, rules in FORBIDDEN.items():
            if not name.startswith(folder + "/"):
                continue
            for pattern, reason in rules:
                for found in re.finditer(pattern, text if "include" in pattern else code):
                    problems.append(f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {found.group(0)}: {reason}")
    finish(problems, (looked_at, "files"))


main()
