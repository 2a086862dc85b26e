#!/usr/bin/env python3
"""check_schemas.py TOOLS: holds what the tools print for programs against docs/json/*.schema.json.

Stricter than a reader would be: a field that a schema does not know fails too. Tools that are not
in the folder TOOLS are left out. Ends with 77, skipped, without the module jsonschema.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: no Python module jsonschema (python3-jsonschema)")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(sys.argv[1]).resolve()


def closed(schema):
    """The schema, with no fields but those it names."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "object" in str(schema.get("type")):
        changed["additionalProperties"] = False
    return changed


def validator(name):
    schema = json.loads((ROOT / "docs/json" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(closed(schema))


def tool(name, *arguments, codes=(0,)):
    done = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, cwd=ROOT)
    if done.returncode not in codes:
        sys.exit(f"{name} {' '.join(map(str, arguments))}: {done.returncode}: {done.stderr}")
    return done.stdout


def check(schema, what, text):
    errors = sorted(validator(schema).iter_errors(json.loads(text)), key=str)
    for error in errors:
        print(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    print(f"{schema}: {what}: {'no' if errors else 'ok'}")
    return not errors


def refuses(schema, text, change):
    """A schema that takes anything would be no test."""
    value = json.loads(text)
    change(value)
    return not validator(schema).is_valid(value)


def plans():
    query = ["data/example", "network.csv", "resnet50", "--json"]
    systems = ["--systems", "systems.csv"]
    for more in ([], ["--any-order", *systems, "--objective", "latency + 0.1 energy"],
                 ["--pareto", "latency,traffic"], ["--return-to", "device"],
                 ["--sensitivity", "device,edge", "--sensitivity", "edge"],
                 ["--keep-on", "device", "0-176", "--device-time", "0.1"]):
        yield "scission-predict " + " ".join(more), tool("scission-predict", *query, *more,
                                                         codes=(0, 3))


def main():
    fine = True
    for path in sorted((ROOT / "data/example").glob("*.json")):
        fine &= check("profile", path.name, path.read_text(encoding="utf-8"))
    for what, text in plans():
        fine &= check("plans", what, text)
    fine &= refuses("plans", text, lambda value: value.pop("plans"))
    fine &= refuses("plans", text, lambda value: value.update(is_optimal="yes"))
    if (TOOLS / "scission-zoo").exists():
        fine &= check("zoo", "scission-zoo list", tool("scission-zoo", "list", "--json"))
        with tempfile.TemporaryDirectory() as folder:
            tool("scission-split", "lenet", "--at", "3", "-o", folder)
            manifest = pathlib.Path(folder, "manifest.json").read_text(encoding="utf-8")
            fine &= check("segments", "scission-split", manifest)
            tool("scission-benchmark", "edge", "box", "--models", "lenet", "--max-time", "0",
                 "--passes", "1", "-o", folder)
            profile = pathlib.Path(folder, "edge-box.json").read_text(encoding="utf-8")
            fine &= check("profile", "scission-benchmark", profile)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
