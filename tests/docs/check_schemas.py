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
import urllib.error
import urllib.request

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


TESTBED = {"systems": [{"name": "device", "threads": 1, "speed": 0.1}, {"name": "edge", "threads": 1}],
           "links": [{"between": ["device", "edge"], "mbit": 400, "delay_ms": 1}]}

# What runs on its source: a schema, and the command that prints or writes what it is of.
ON_TESTBED = [
    ("workers", "workers.json", "scission-worker --list ${SCISSION_WORKERS#*=} --json > workers.json"),
    ("links", "links.json", "scission-links --workers $SCISSION_WORKERS --source device "
     "--max-size 65536 --repeats 2 --json > links.json"),
    ("runs", "runs.json", "scission-plan lenet --name device --workers $SCISSION_WORKERS "
     "--threads 1 --speed $SCISSION_SPEED --max-time 0.5 --no-run -o plan && scission-run plan/plans.json --workers "
     "$SCISSION_WORKERS --threads 1 --speed $SCISSION_SPEED --count 3 --pause 0.05 --verify=0 --learn "
     "corrections.json --events run.jsonl --json > runs.json"),
    ("events", "run.jsonl", "grep -q answered run.jsonl"),
    ("corrections", "corrections.json", "test -f corrections.json"),
    ("plans", "corrected.json", "scission-predict plan network.csv lenet --platforms device,worker "
     "--corrections corrections.json --no-plot --json > corrected.json && grep -q stage_s corrected.json"),
    ("runs", "missed.json", "scission-predict plan network.csv lenet --platforms device,worker --keep-on device 0-8 "
     "--no-plot --json > alone.json && scission-run alone.json --workers $SCISSION_WORKERS --threads 1 --speed 0.01 "
     "--count 3 --verify=0 --json > missed.json && grep -q error_s missed.json"),
    ("adaptive-run", "adaptive-run.json", "scission-adapt run lenet --name device --workers "
     "$SCISSION_WORKERS --threads 1 --speed $SCISSION_SPEED --profiles plan --rehearse 0.3 --seconds 2 "
     "--rate 20 --events adaptive.jsonl --json > adaptive-run.json"),
    ("events", "adaptive.jsonl", "grep -q estimates adaptive.jsonl"),
    ("sweep", "sweep/sweep.json", "scission-adapt sweep lenet --name device --workers $SCISSION_WORKERS "
     "--threads 1 --speed $SCISSION_SPEED --network 400,100 --count 6 --max-count 6 --precision "
     "200% -o sweep"),
    ("adaptivity", "adaptivity.json", "scission-adapt analyse sweep --beside sweep --json > "
     "adaptivity.json"),
]


def on_testbed(folder):
    """Whether all of it is as its schema says; nothing to hold where there is no worker."""
    if not (TOOLS / "scission-worker").exists():
        return True
    testbed = folder / "testbed.json"
    testbed.write_text(json.dumps(TESTBED))
    script = f"set -e; PATH={TOOLS}:$PATH; cd {folder}; " + "; ".join(one[2] for one in ON_TESTBED)
    done = subprocess.run([ROOT / "scripts/testbed", testbed, "--bin", TOOLS, "--", "sh", "-c",
                           script], capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"testbed: {done.returncode}: {done.stdout}{done.stderr}")
    fine = True
    for schema, file, command in ON_TESTBED:
        text = (folder / file).read_text(encoding="utf-8")
        documents = text.splitlines() if file.endswith(".jsonl") else [text]
        fine &= all([check(schema, " ".join(command.split()[:2]), one) for one in documents])
        fine &= refuses(schema, documents[0], lambda value: value.update(format="another"))
    return fine


def comparison(folder):
    example = ROOT / "data/example"
    slower = json.loads((example / "edge-box.json").read_text(encoding="utf-8"))
    for block in slower["models"][0]["blocks"]:
        block["seconds"] *= 2
    (folder / "slower.json").write_text(json.dumps(slower))
    return tool("scission-compare", example / "edge-box.json", folder / "slower.json",
                "--json", codes=(0, 3))


def replay(folder):
    question = ["data/example", "data/example/network.csv", "resnet50"]
    trace = folder / "trace.csv"
    tool("scission-adapt", "trace", *question, "--duration", "60", "-o", trace)
    return tool("scission-adapt", "replay", *question, trace, "--json")


def explore(folder):
    """Whether answers, events and refusals of the explorer are as their schema says."""
    sys.path.insert(0, str(ROOT / "tests/explore"))
    from explorer_process import Explorer
    questions = [("answer", {"pareto": ["latency", "traffic"]}),
                 ("answer", {"objective": "period", "any_order": True, "result_count": 100}),
                 ("answer", {"limits": {"latency_s": 0}}), ("answer", {"codecs": ["all"]}),
                 ("answer", {"unknown": 1}), ("events", {}), ("events", {"after": "x"})]
    run = folder / "run.jsonl"
    run.write_text('{"event": "end", "at_s": 1}\nno event\n')
    fine = True
    with Explorer(TOOLS, ["data/example", "network.csv", "vgg19", "--return-to", "device",
                          "--follow", run]) as explorer:
        for page, asked in questions:
            request = urllib.request.Request(explorer.address + page, json.dumps(asked).encode(),
                                             {"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request) as reply:
                    text = reply.read()
            except urllib.error.HTTPError as refusal:
                text = refusal.read()
            fine &= check("explore", f"{page} {asked}", text)
            fine &= refuses("explore", text, lambda value: value.popitem())
    return fine


def split():
    """Whether each kind of what scission-split prints is as the schemas say."""
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        for more, field in ((["--list", "--rejected"], "places"), (["--layers"], "layers"),
                            (["--blocks"], "blocks"),
                            (["--at", "3", "--verify", "-o", folder], "manifest")):
            text = tool("scission-split", "lenet", *more, "--json")
            fine &= check("split", "scission-split " + more[0], text)
            fine &= refuses("split", text, lambda value, field=field: value.pop(field))
        fine &= check("segments", "scission-split", json.dumps(json.loads(text)["manifest"]))
    return fine


def has_built_in_models():
    """They need LibTorch."""
    return (TOOLS / "scission-zoo").exists() and "lenet" in tool("scission-zoo", "list", "--json")


def main():
    fine = True
    for path in sorted((ROOT / "data/example").glob("*.json")):
        fine &= check("profile", path.name, path.read_text(encoding="utf-8"))
    for what, text in plans():
        fine &= check("plans", what, text)
    fine &= refuses("plans", text, lambda value: value.pop("plans"))
    fine &= refuses("plans", text, lambda value: value.update(is_optimal="yes"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fine &= check("comparison", "scission-compare", comparison(folder))
        fine &= check("replay", "scission-adapt replay", replay(folder))
        found = tool("scission-check", "data/example", "network.csv", "--json", codes=(0, 3))
        fine &= check("check", "scission-check", found)
        fine &= refuses("check", found, lambda value: value.pop("findings"))
        if (TOOLS / "scission-explore").exists():
            fine &= explore(folder)
        if has_built_in_models():
            fine &= on_testbed(folder)
    if has_built_in_models():
        fine &= split()
        fine &= check("zoo", "scission-zoo list", tool("scission-zoo", "list", "--json"))
        with tempfile.TemporaryDirectory() as folder:
            tool("scission-split", "lenet", "--at", "3", "-o", folder)
            manifest = pathlib.Path(folder, "manifest.json").read_text(encoding="utf-8")
            fine &= check("segments", "scission-split", manifest)
            tool("scission-benchmark", "edge", "box", "--models", "lenet", "--max-time", "0.1",
                 "--passes", "1", "--codecs", "int8,zstd", "--calibrate", "random", "-o", folder)
            profile = pathlib.Path(folder, "edge-box.json").read_text(encoding="utf-8")
            fine &= check("profile", "scission-benchmark", profile)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
