#!/usr/bin/env python3
"""Checks every #include of the tree against tools/cmake/layers.txt (who may include which folder)
and tools/cmake/third_party.txt (who owns which library's headers).

    check_layers.py ROOT      prints what is forbidden, one a line; exit 1 if anything is
"""
import os
import re
import sys

TOP_FOLDERS = ("core", "storage", "sdk", "plugins", "tools", "tests")
SOURCE = (".h", ".hpp", ".c", ".cpp")
SKIPPED = ("node_modules", "build", "__pycache__")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Where tests stand is nobody's dependency: they may use every folder.
FREE = "tests"


def read_table(path):
    table = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, _, rest = line.partition(":")
                table[name.strip()] = rest.split()
    return table


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def folder_of(path, layers):
    """The folder of layers.txt that `path` belongs to: the longest one above it."""
    return max((f for f in layers if is_below(path, f)), key=len, default=None)


def sources(root):
    for top in TOP_FOLDERS:
        for here, folders, files in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in sorted(files):
                if name.endswith(SOURCE):
                    yield os.path.relpath(os.path.join(here, name), root)


def target_of(include, source, root):
    """The path below the root that `include` means, or None for a system's or a library's."""
    if include.startswith("chartroom/"):  # the SDK's public headers, as its users write them
        return "sdk/include/" + include
    if include.split("/")[0] in TOP_FOLDERS and "/" in include:
        return include
    beside = os.path.join(os.path.dirname(source), include)
    return os.path.normpath(beside) if os.path.exists(os.path.join(root, beside)) else None


def problem_of(source, include, root, layers, owners):
    target = target_of(include, source, root)
    if target is None:
        for header, folders in owners.items():
            named = include.startswith(header) if header.endswith("/") else include == header
            if named and not any(is_below(source, folder) for folder in folders):
                return f"<{include}> belongs to {' and '.join(folders)}"
        return None
    if is_below(source, FREE):
        return None
    mine, theirs = folder_of(source, layers), folder_of(target, layers)
    if mine is None:
        return "this folder is not in tools/cmake/layers.txt"
    if theirs is None:
        return f"{include} is in no folder of tools/cmake/layers.txt"
    if theirs != mine and theirs not in layers[mine]:
        return f"{mine} may not include {theirs} ({include})"
    return None


def problems(root):
    layers = read_table(os.path.join(root, "tools/cmake/layers.txt"))
    owners = read_table(os.path.join(root, "tools/cmake/third_party.txt"))
    found = []
    for source in sources(root):
        with open(os.path.join(root, source), encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                what = problem_of(source, match[2], root, layers, owners)
                if what:
                    found.append(f"{source}:{number}: {what}")
    return found


if __name__ == "__main__":
    trouble = problems(sys.argv[1])
    print("\n".join(trouble))
    sys.exit(1 if trouble else 0)
