#!/usr/bin/env python3
"""snippets.py PAGE.md FOLDER: writes the page's C++ to FOLDER/snippet_N.cpp, a file a block: its
includes first, the rest as a function's body, after what a reader would have of their own.
"""
import pathlib
import re
import sys

OWN = """namespace scission { struct Plan; }
void deploy(const scission::Plan& plan);
"""
PARAMETERS = {"module": "const torch::jit::Module& module"}

blocks = re.findall(r"^```cpp\n(.*?)^```", pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"),
                    re.M | re.S)
for number, block in enumerate(blocks, 1):
    includes = "".join(line + "\n" for line in block.splitlines() if line.startswith("#"))
    body = "".join(line + "\n" for line in block.splitlines() if not line.startswith("#"))
    taken = ", ".join(text for name, text in PARAMETERS.items() if re.search(rf"\b{name}\b", body))
    path = pathlib.Path(sys.argv[2]) / f"snippet_{number}.cpp"
    path.write_text(f"{includes}{OWN}void snippet_{number}({taken});\n"
                    f"void snippet_{number}({taken}) {{\n{body}}}\n", encoding="utf-8")
