"""For scripts that measure on a testbed: they run themselves again on its source."""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent.parent


def parse(parser, output):
    """The options of the parser, with --bin and -o, a folder, as whole paths."""
    parser.add_argument("--bin", type=pathlib.Path, default=HERE / "build/release/bin",
                        help="where the tools are")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path(output),
                        help="where everything is kept (default: %(default)s)")
    parser.add_argument("--on-source", action="store_true", help="for itself: it is on the source")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.output = options.output.resolve()
    return options


def run(options, testbed, on_source):
    """Calls on_source(options) on the testbed's source, and ends with what comes of it."""
    if options.on_source:
        return on_source(options)
    options.output.mkdir(parents=True, exist_ok=True)
    file = options.output / "testbed.json"
    file.write_text(json.dumps(testbed, indent=2))
    command = [HERE / "scripts/testbed", file, "--bin", options.bin, "--", sys.executable,
               *sys.argv, "--on-source"]
    sys.exit(subprocess.run(list(map(str, command))).returncode)
