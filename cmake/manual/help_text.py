"""What a tool's --help says, taken apart: for manual pages and completions."""
import dataclasses
import os
import re
import shlex
import subprocess

OPTION = re.compile(r"^ {2}(?:-(?P<short>\w), | {4})--(?P<long>[a-z][a-z-]*)(?P<rest>.*)$")
COMMAND = re.compile(r"^ {2}(?P<name>[a-z]+) {2,}(?P<summary>\S.*)$")


@dataclasses.dataclass
class Option:
    short: str
    long: str
    value: str  # "", "FILE", "NAME MB" or "[=TOLERANCE(=1e-4)]"
    about: str


@dataclasses.dataclass
class Group:
    title: str  # "" for the options without one
    options: list


@dataclasses.dataclass
class Help:
    name: str
    summary: str
    usage: list
    groups: list
    sections: list  # (title, lines), as the tool has them after its options

    def options(self):
        return [option for group in self.groups for option in group.options]

    def commands(self):
        """(name, summary) of those that have a --help of their own."""
        if not any("COMMAND --help" in line for _, lines in self.sections for line in lines):
            return []
        listed = next(lines for title, lines in self.sections if title == "Commands")
        found = [COMMAND.match(line) for line in listed]
        return [(match["name"], match["summary"]) for match in found if match]


def run(tool, *arguments):
    """What the program at the path `tool` prints; $SCISSION_EMULATOR, if set, runs it."""
    command = [*shlex.split(os.environ.get("SCISSION_EMULATOR", "")), tool, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ask(tool, *command):
    """The Help of the program at the path `tool`, or of a command of it."""
    text = run(tool, *command, "--help")
    name = " ".join([tool.rsplit("/", 1)[-1], *command])
    return parse(name, text)


def split_value(rest):
    """What follows an option's name: its value, and what is said of it in the same line."""
    value, _, about = rest.strip().partition("  ") if not rest.startswith("  ") else ("", "", rest)
    return value.strip(), about.strip()


def parse(name, text):
    help_text = Help(name, "", [], [], [])
    section = None
    for line in text.splitlines():
        option = OPTION.match(line)
        title = re.match(r"^ ?([A-Z][\w ]*?)( options)?:(.*)$", line)
        if option:
            if not help_text.groups:
                help_text.groups.append(Group("", []))
            value, about = split_value(option["rest"])
            found = Option(option["short"] or "", option["long"], value, about)
            help_text.groups[-1].options.append(found)
            section = found
        elif isinstance(section, Option) and re.match(r"^ {10,}\S", line):
            section.about = f"{section.about} {line.strip()}".strip()
        elif title and title[1] == "Usage":
            section = help_text.usage
        elif title and (title[2] or title[1] == "Options"):
            help_text.groups.append(Group(title[1] if title[2] else "", []))
            section = None
        elif title and not line.startswith("  "):
            section = [title[3].strip()] if title[3].strip() else []
            help_text.sections.append((title[1], section))
        elif isinstance(section, list):
            section.append(line)
        elif not help_text.summary:
            help_text.summary = line.strip()
        elif line.strip() or help_text.sections:
            section = [line]
            help_text.sections.append(("", section))
    for _, lines in help_text.sections:
        while lines and not lines[-1].strip():
            lines.pop()
    help_text.sections = [(title, lines) for title, lines in help_text.sections if lines]
    help_text.usage = [line.strip() for line in help_text.usage if line.strip()]
    return help_text
