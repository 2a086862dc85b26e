"""The check of the architecture finds what it is there to find, in a tree of a few lines."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check_architecture.py")
COMPONENTS = '''scission_component(base core "text")
scission_component(plan core "plans"
  USES base)
scission_component(apps tools "tools"
  USES base)
'''
TREE = {
    "src/CMakeLists.txt": COMPONENTS,
    "src/base/text.hpp": "#pragma once\n",
    "include/scission/plan/plan.hpp": "namespace scission {\nSCISSION_EXPORT int cost();\n}\n",
    "include/scission/plan.hpp": '#include "scission/plan/plan.hpp"\n',
    "src/plan/plan.cpp": '#include "scission/plan/plan.hpp"\n#include "base/text.hpp"\n',
    "src/plan/route.hpp": "#pragma once\n",
    "apps/tool.cpp": '#include "base/text.hpp"\n#include "scission/plan/plan.hpp"\n',
}


class Architecture(unittest.TestCase):
    def findings(self, **changes):
        """What the check prints for TREE with some files changed, and its exit code."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**TREE, **changes}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            command = [sys.executable, str(CHECK), str(root)]
            if "docs/design.md" not in changes:
                table = subprocess.run([*command, "--table"], capture_output=True, text=True, check=True).stdout
                (root / "docs").mkdir()
                (root / "docs/design.md").write_text(table, encoding="utf-8")
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            return run.stdout, run.returncode

    def assert_found(self, what, **changes):
        out, code = self.findings(**changes)
        self.assertIn(what, out)
        self.assertEqual(code, 1)

    def test_a_tree_that_keeps_to_its_components_passes(self):
        out, code = self.findings()
        self.assertIn("as src/CMakeLists.txt says", out)
        self.assertEqual(code, 0)

    def test_an_arrow_that_is_not_stated_is_found(self):
        self.assert_found("src/base/text.hpp:1: base may not include plan",
                          **{"src/base/text.hpp": '#include "scission/plan/plan.hpp"\n'})

    def test_components_that_include_each_other_are_a_cycle(self):
        self.assert_found("cycle: base -> plan -> base", **{
            "src/CMakeLists.txt": COMPONENTS.replace('"text"', '"text" USES plan'),
            "src/base/text.hpp": '#include "plan/route.hpp"\n'})

    def test_files_of_one_component_that_include_each_other_are_a_cycle(self):
        self.assert_found("cycle: src/plan/", **{
            "src/plan/route.hpp": '#include "plan/legs.hpp"\n', "src/plan/legs.hpp": '#include "plan/route.hpp"\n'})

    def test_a_tool_that_includes_a_private_header_is_found(self):
        self.assert_found("apps/tool.cpp:1: a tool may not include src/plan/route.hpp",
                          **{"apps/tool.cpp": '#include "plan/route.hpp"\n'})

    def test_a_header_implemented_in_another_component_is_found(self):
        self.assert_found("src/base/plan.cpp: implements include/scission/plan/plan.hpp",
                          **{"src/base/plan.cpp": '#include "scission/plan/plan.hpp"\n'})

    def test_a_file_outside_of_all_components_is_found(self):
        self.assert_found("src/loose.cpp: is in no component", **{"src/loose.cpp": ""})

    def test_a_public_declaration_that_is_not_exported_is_found(self):
        self.assert_found("plan.hpp:2: without SCISSION_EXPORT: double price(int units);", **{
            "include/scission/plan/plan.hpp": "namespace scission {\ndouble price(int units);\nint f() { return 1; }\n}\n"})

    def test_a_tool_that_names_a_backend_is_found_but_for_the_one_that_registers_it(self):
        names = "// LibTorch\ntorchscript::register_backend();\n"
        self.assert_found("apps/tool.cpp:1: a tool names no backend, as 'LibTorch' does", **{"apps/tool.cpp": names})
        out, code = self.findings(**{"apps/common/backends.cpp": names})
        self.assertEqual(code, 0, out)

    def test_an_umbrella_header_that_lacks_a_header_is_found(self):
        self.assert_found("include/scission/plan.hpp: lacks include/scission/plan/plan.hpp",
                          **{"include/scission/plan.hpp": ""})

    def test_a_component_with_one_public_header_needs_no_umbrella(self):
        one = {"include/scission/base.hpp": '#include "base/text.hpp"\n',
               "src/plan/plan.cpp": '#include "scission/plan/plan.hpp"\n#include "scission/base.hpp"\n'}
        out, code = self.findings(**one)
        self.assertEqual(code, 0, out)
        self.assert_found("include/scission/base.hpp:1: base may not include plan", **{**one,
            "include/scission/base.hpp": '#include "scission/plan/plan.hpp"\n'})

    def test_a_table_that_is_out_of_date_is_found(self):
        self.assert_found("docs/design.md: its table of components", **{"docs/design.md": "| component |\n"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
