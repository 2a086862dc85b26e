#!/usr/bin/env python3
"""snippets.py PAGE.md FOLDER: writes each block of C++ in PAGE.md to FOLDER/PAGE_N.cpp: its includes
first, the rest as the body of a function, after the declarations that a reader would have.
"""
import pathlib
import re
import sys

OWN = """namespace scission { struct Plan; }
void deploy(const scission::Plan& plan);
"""
PARAMETERS = {"module": "const torch::jit::Module& module"}

stem = pathlib.Path(sys.argv[1]).stem
blocks = re.findall(r"^```cpp\n(.*?)^```", pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"),
                    re.M | re.S)
for number, block in enumerate(blocks, 1):
    includes = "".join(line + "\n" for line in block.splitlines() if line.startswith("#"))
    body = "".join(line + "\n" for line in block.splitlines() if not line.startswith("#"))
    taken = ", ".join(text for name, text in PARAMETERS.items() if re.search(rf"\b{name}\b", body))
    path = pathlib.Path(sys.argv[2]) / f"{stem}_{number}.cpp"
    path.write_text(f"{includes}{OWN}void snippet_{number}({taken});\n"
                    f"void snippet_{number}({taken}) {{\n{body}}}\n", encoding="utf-8")
