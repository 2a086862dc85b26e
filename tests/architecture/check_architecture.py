#!/usr/bin/env python3
"""Checks every #include of src, include and apps against the architecture in src/CMakeLists.txt.

    check_architecture.py SOURCE [--table]

Fails, one line per finding, on
  - an include of a component that the including component does not state under USES,
  - a file outside of all components, or a component without a folder,
  - components, or files, that include each other in a cycle,
  - a public header whose implementation stands in another component,
  - a declaration in a public header without SCISSION_EXPORT,
  - an umbrella header that lacks a public header of its component,
  - a source of the tools, other than the one that registers backends, that names a backend.
--table prints the table of components for docs/design.md instead; without it, that table must be up to date.
"""
import argparse
import pathlib
import re
import sys

# What tools may include besides public headers.
TOOLS = "apps"
# The only source of the tools that names backends, and what the others may not contain, in any spelling.
REGISTERS_BACKENDS = pathlib.Path("apps/common/backends.cpp")
BACKEND = re.compile(r"torchscript|libtorch|torch::|<torch/|<aten/|onnx", re.I)


def read_components(source):
    """{name: (library, purpose, [components that it may include])}, in the order of src/CMakeLists.txt."""
    text = re.sub(r"^\s*#.*$", "", (source / "src/CMakeLists.txt").read_text(encoding="utf-8"), flags=re.M)
    components = {}
    for name, library, purpose, uses in re.findall(
            r'^scission_component\(\s*(\S+)\s+(\S+)\s+"([^"]*)"\s*(?:USES\s+([^)]*))?\)', text, re.M):
        components[name] = (library, purpose, uses.split())
    return components


def component_of(source, path, components):
    """The component of a file below src or include/scission, or None: umbrella headers have none."""
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts[2:]
    if is_only_header(source, path) and path.stem in components:
        return path.stem
    for length in range(len(parts) - 1, 0, -1):
        if "/".join(parts[:length]) in components:
            return "/".join(parts[:length])
    return None


def is_only_header(source, path):
    """Whether it is the public header of a component that has no folder of public headers."""
    return path.parts[:2] == ("include", "scission") and len(path.parts) == 3 \
        and not (source / path).with_suffix("").is_dir()


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def includes_of(source, path):
    """(line, path of the included file in the tree) of each #include that leads to one of ours."""
    roots = [path.parent, pathlib.Path("include"), pathlib.Path("src"), pathlib.Path("apps"),
             *(pathlib.Path("apps") / name for name in
               sorted(p.name for p in (source / "apps").iterdir() if p.is_dir()))]
    for number, line in enumerate((source / path).read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'#include "([^"]+)"', line)
        for root in roots if match else []:
            target = root / match.group(1)
            if (source / target).is_file():
                yield number, target
                break


def find_cycle(edges):
    """One cycle of the graph {node: nodes} as a list, or None. Depth-first search, without recursion."""
    state = {}
    for start in edges:
        if start in state:
            continue
        trail, stack = [start], [iter(sorted(edges.get(start, ())))]
        state[start] = "open"
        while stack:
            step = next(stack[-1], None)
            if step is None:
                state[trail.pop()] = "done"
                stack.pop()
            elif state.get(step) == "open":
                return trail[trail.index(step):] + [step]
            elif step not in state:
                state[step] = "open"
                trail.append(step)
                stack.append(iter(sorted(edges.get(step, ()))))
    return None


def declarations(text, begin=0, end=None):
    """The declarations of a header at namespace level, with where they begin."""
    end = len(text) if end is None else end
    position = begin
    while position < end:
        while position < end and text[position].isspace():
            position += 1
        start, braces, parentheses = position, 0, 0
        while position < end:
            char = text[position]
            position += 1
            if char in "([":
                parentheses += 1
            elif char in ")]":
                parentheses -= 1
            elif char == "{":
                braces += 1
            elif char == "}":
                braces -= 1
                rest = text[position:end].lstrip()
                is_type = re.match(r"(class|struct|enum|union)\b", text[start:])
                if braces == 0 and parentheses == 0 and not is_type and not rest.startswith(";"):
                    break
            elif char == ";" and braces == 0 and parentheses == 0:
                break
        declaration = text[start:position]
        if declaration.startswith("namespace"):
            inner = start + declaration.index("{") + 1
            yield from declarations(text, inner, position - 1)
        elif declaration:
            yield start, declaration


def unexported(text):
    """(line, declaration) of what a public header declares and a shared library would hide."""
    text = without_comments(text)
    text = re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.M)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', lambda m: '"' + " " * (len(m.group()) - 2) + '"', text)
    for start, declaration in declarations(text):
        if re.match(r"(using|enum|typedef|static_assert|template|inline|constexpr|friend|concept)\b", declaration):
            continue
        is_forward = re.match(r"(class|struct)\s+\w+(::\w+)*\s*;", declaration)
        if is_forward or declaration == ";" or "SCISSION_EXPORT" in declaration:
            continue
        yield text.count("\n", 0, start) + 1, " ".join(declaration.split())[:60]


def table_of(components):
    lines = ["| component | library | purpose | may include |", "| --- | --- | --- | --- |"]
    for name, (library, purpose, uses) in components.items():
        lines.append(f"| {name} | {library} | {purpose} | {', '.join(uses) or '–'} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--table", action="store_true", help="print the table of docs/design.md")
    arguments = parser.parse_args()
    source = arguments.source
    components = read_components(source)
    if arguments.table:
        print(table_of(components))
        return 0

    findings = []
    for name, (_, _, uses) in components.items():
        if not (source / ("apps" if name == TOOLS else f"src/{name}")).is_dir():
            findings.append(f"src/CMakeLists.txt: component {name} has no folder")
        findings += [f"src/CMakeLists.txt: component {name} uses {used}, which is not a component"
                     for used in uses if used not in components]

    files = sorted(path.relative_to(source) for folder in ("src", "include", "apps")
                   for path in (source / folder).rglob("*") if path.suffix in (".cpp", ".hpp"))
    between_files, between_components = {}, {}
    arrows = 0
    for path in files:
        in_apps = path.parts[0] == "apps"
        component = None if in_apps else component_of(source, path, components)
        is_umbrella = component is None and path.parts[:2] == ("include", "scission") and len(path.parts) == 3
        if not in_apps and component is None and not is_umbrella:
            findings.append(f"{path}: is in no component of src/CMakeLists.txt")
            continue
        for line, target in includes_of(source, path):
            arrows += 1
            between_files.setdefault(path, set()).add(target)
            if is_umbrella or target.parts[0] == "apps":
                continue
            to = component_of(source, target, components)
            if in_apps:
                if target.parts[0] == "src" and to not in components[TOOLS][2]:  # any file may include public headers
                    findings.append(f"{path}:{line}: a tool may not include {target}, a private header of "
                                    f"{to}: public headers and {', '.join(components[TOOLS][2])} only")
            elif to is None:
                findings.append(f"{path}:{line}: includes the umbrella {target}: name the header itself")
            elif to != component:
                between_components.setdefault(component, set()).add(to)
                if to not in components[component][2]:
                    findings.append(f"{path}:{line}: {component} may not include {to} ({target})")
    for edges in (between_files, between_components):
        cycle = find_cycle(edges)
        if cycle:
            findings.append("cycle: " + " -> ".join(str(node) for node in cycle))

    # A source whose first include is a header of its own name implements that header.
    for path in files:
        first = next(iter(includes_of(source, path)), None)
        if path.parts[0] == "src" and first and first[1].stem == path.stem and path.suffix == ".cpp":
            if component_of(source, first[1], components) != component_of(source, path, components):
                findings.append(f"{path}: implements {first[1]}, which stands in another component")

    for path in (path for path in files if path.parts[0] == "apps" and path != REGISTERS_BACKENDS):
        for number, line in enumerate((source / path).read_text(encoding="utf-8").splitlines(), 1):
            named = BACKEND.search(line)
            if named:
                findings.append(f"{path}:{number}: a tool names no backend, as '{named.group()}' does: ask "
                                f"scission::Backend; {REGISTERS_BACKENDS} registers backends")

    for path in (path for path in files if path.parts[0] == "include"):
        text = (source / path).read_text(encoding="utf-8")
        findings += [f"{path}:{line}: without SCISSION_EXPORT: {what}" for line, what in unexported(text)]

    for path in (path for path in files if path.parts[:2] == ("include", "scission") and len(path.parts) > 3):
        umbrella = pathlib.Path("include/scission") / (path.parts[2] + ".hpp")
        included = (target for _, target in includes_of(source, umbrella))
        if not (source / umbrella).is_file() or path not in included:
            findings.append(f"{umbrella}: lacks {path}")

    design = (source / "docs/design.md").read_text(encoding="utf-8")
    if table_of(components) not in design:
        findings.append("docs/design.md: its table of components is not that of src/CMakeLists.txt: "
                        "tests/architecture/check_architecture.py . --table prints it")
    for finding in findings:
        print(finding)
    print(f"{len(components)} components, {len(files)} files, {arrows} includes, "
          f"{sum(map(len, between_components.values()))} arrows between components: "
          + (f"{len(findings)} findings" if findings else "as src/CMakeLists.txt says"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
