"""check_layers.py: what it must refuse, and that this tree is clean.

    layers_test.py ROOT
"""
import os
import shutil
import sys
import tempfile
import unittest

import check_layers

ROOT = sys.argv.pop(1)


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for table in ("layers.txt", "third_party.txt"):
            self.write("tools/cmake/" + table, "")
            shutil.copy(os.path.join(ROOT, "tools/cmake", table),
                        os.path.join(self.root, "tools/cmake", table))

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as out:
            out.write(text)

    def problems(self, path, text):
        self.write(path, text)
        return check_layers.problems(self.root)

    def test_downward_includes_and_ones_own_are_fine(self):
        self.assertEqual([], self.problems(
            "core/engine/a.cpp", '#include "core/engine/a.hpp"\n#include "core/base/error.hpp"\n'
                                 '#include <vector>\n'))

    def test_upward_include_is_refused_with_its_place(self):
        self.assertEqual(["core/base/a.cpp:2: core/base may not include core/engine "
                          "(core/engine/engine.hpp)"],
                         self.problems("core/base/a.cpp",
                                       '\n#include "core/engine/engine.hpp"\n'))

    def test_engine_may_not_know_a_store(self):
        self.assertEqual(1, len(self.problems("core/engine/a.cpp",
                                              '#include "storage/sqlite/sqlite_event_log.hpp"\n')))

    def test_plugins_see_the_sdk_only(self):
        self.assertEqual([], self.problems("plugins/echo/echo.cpp",
                                           "#include <chartroom/plugin.hpp>\n"))
        self.assertEqual(1, len(self.problems("plugins/echo/echo.cpp",
                                              '#include "core/base/error.hpp"\n')))

    def test_nothing_is_transitive(self):
        self.assertEqual(1, len(self.problems("core/dialects/a.cpp",
                                              '#include "storage/api/event_log.hpp"\n')))

    def test_library_is_refused_outside_its_owner(self):
        for header in ("libwebsockets.h", "uv.h", "sqlite3.h", "curl/curl.h", "boost/dll.hpp",
                       "toml++/toml.h", "CLI/CLI.hpp", "prometheus/registry.h",
                       "valijson/schema.hpp", "spdlog/spdlog.h", "openssl/evp.h"):
            with self.subTest(header):
                found = self.problems("core/events/a.cpp", f"#  include <{header}>\n")
                self.assertEqual(1, len(found), found)

    def test_library_is_fine_in_its_owner(self):
        self.assertEqual([], self.problems("core/gateway/a.cpp", "#include <libwebsockets.h>\n"))

    def test_folder_that_the_table_does_not_know_is_refused(self):
        self.assertEqual(1, len(self.problems("core/extra/a.cpp",
                                              '#include "core/base/error.hpp"\n')))

    def test_tests_may_use_every_folder_but_no_library_of_others(self):
        self.assertEqual([], self.problems("tests/unit/x/a.cpp",
                                           '#include "core/engine/engine.hpp"\n'))
        self.assertEqual(1, len(self.problems("tests/unit/x/a.cpp", "#include <uv.h>\n")))


class ThisTree(unittest.TestCase):
    def test_is_clean(self):
        self.assertEqual([], check_layers.problems(ROOT))

    def test_was_looked_at(self):
        self.assertGreater(len(list(check_layers.sources(ROOT))), 20)


if __name__ == "__main__":
    unittest.main()
