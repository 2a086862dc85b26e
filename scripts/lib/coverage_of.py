"""coverage_of.py BUILD FOLDER: what share of the lines of the sources in FOLDER ran, by gcov's account.

Ends with 1 where that is less than 90 %."""
import json
import pathlib
import subprocess
import sys

ENOUGH = 0.9


def counts_of(build, folder):
    """For every source file in the folder: for every line with code, how often it ran."""
    counts = {}
    for notes in sorted(build.rglob("*.gcno")):
        if not notes.with_suffix(".gcda").exists() and "scission_core" not in str(notes):
            continue
        told = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], cwd=build,
                              capture_output=True, text=True).stdout
        for document in told.splitlines():
            for file in json.loads(document)["files"]:
                path = (build / file["file"]).resolve()
                if not path.is_relative_to(folder):
                    continue
                lines = counts.setdefault(path.relative_to(folder), {})
                for line in file["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, 0) + line["count"]
    return counts


def main():
    build, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    run = there = 0
    for path, lines in sorted(counts_of(build, folder).items()):
        ran = sum(1 for count in lines.values() if count > 0)
        run, there = run + ran, there + len(lines)
        if lines and ran < ENOUGH * len(lines):
            missing = [number for number, count in sorted(lines.items()) if count == 0]
            print(f"{ran / len(lines):6.1%}  {path}: {', '.join(map(str, missing[:20]))}")
    if there == 0:
        sys.exit("no coverage in " + str(build))
    print(f"{run / there:6.1%} of {there} lines")
    if run < ENOUGH * there:
        sys.exit(f"less than {ENOUGH:.0%}")


if __name__ == "__main__":
    main()
