#!/usr/bin/env python3
"""check_commands.py TOOLS PAGE...: holds every command of a tool that pages and the tools' own --help
show against --help: the options that it names are there, and what opens a connection to another
machine says how it is secured. Tools, and commands of theirs, that were not built into the folder TOOLS are left out.
"""
import pathlib
import re
import subprocess
import sys

TOOLS = pathlib.Path(sys.argv[1]).resolve()
COMMAND = re.compile(r"\bscission-[a-z]+(?= )[^|;>#`)\n]*")
OPTION = re.compile(r"(?<![\w…-])--?[a-zA-Z][a-z0-9-]*")
# Named by a system: --edge1-cpu 0,50.
OF_A_SYSTEM = re.compile(r"--[\w-]+-(cpu|memory)")
ADDRESS = re.compile(r"(--workers|--listen) [^ ]*(10\.0|0\.0\.0\.0)")

helps = {}


def help_of(words):
    """What `--help` of a tool, or of a command of scission-adapt, says; "" where it is not built."""
    name = words[0]
    if name == "scission-adapt" and len(words) > 1 and re.fullmatch("[a-z]+", words[1]):
        name += " " + words[1]
    if name not in helps:
        call = name.split()
        path = TOOLS / call[0]
        helps[name] = subprocess.run([path, *call[1:], "--help"], check=len(call) == 1, text=True,
                                     capture_output=True).stdout if path.exists() else ""
    return helps[name]


def joined(text):
    """Lines that end with a backslash, and in --help those that are further indented, are one."""
    return re.sub(r" ?\\\n\s*|\n {6,}(?=-)", " ", text)


def faults(text):
    for line in joined(text).splitlines():
        for command in COMMAND.findall(line):
            known = help_of(command.split())
            for option in OPTION.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)) if known else []:
                is_there = re.search(re.escape(option) + r"(?![\w-])", known)
                if not is_there and not OF_A_SYSTEM.fullmatch(option):
                    yield f"{option} is unknown: {command.strip()}"
            is_whole = "…" not in command
            if known and is_whole and ADDRESS.search(command) and not re.search("--insecure|--tls-", command):
                yield f"neither --insecure nor TLS: {command.strip()}"


def blocks(page):
    """The code of a page: what is fenced, indented by four or between backticks."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    fenced = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S)
    rest = re.sub(r"^```[a-z]*\n.*?^```", "", text, flags=re.M | re.S)
    indented = re.findall(r"(?:^ {4}.*\n)+", rest, re.M)
    return "\n".join(fenced + indented + re.findall(r"`(scission-[^`\n]*)`", rest))


def main():
    found = []
    for page in sys.argv[2:]:
        found += [f"{pathlib.Path(page).name}: {fault}" for fault in faults(blocks(page))]
    for tool in sorted(TOOLS.glob("scission-*")):
        text = help_of([tool.name])
        examples = text.partition("\nExamples:")[2].partition("\n\n")[0]
        found += [f"{tool.name} --help: {fault}" for fault in faults(examples)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
