"""The changelog, the steps between versions, and the licence expressions of crates."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from releasing.spdx import alternatives, chosen  # noqa: E402
from releasing.versions import changelog_faults, may_break, parse, release, released, section  # noqa: E402

CHANGELOG = """# Changelog

## Unreleased

### Added

- A thing.

## 0.2.0 - 2026-03-01

### Fixed

- A fault.

## 0.1.0 - 2026-01-31

The first.
"""


class Versions(unittest.TestCase):
    def test_a_version_is_three_numbers(self):
        self.assertEqual(parse("1.20.3"), (1, 20, 3))
        for bad in ("1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3\n", ""):
            with self.subTest(bad), self.assertRaises(ValueError):
                parse(bad)

    def test_a_break_needs_a_major_and_before_the_first_a_minor(self):
        for last, following in (("1.2.3", "2.0.0"), ("0.1.0", "0.2.0"), ("0.9.0", "1.0.0")):
            self.assertTrue(may_break(last, following), (last, following))
        for last, following in (("1.2.3", "1.3.0"), ("0.1.0", "0.1.1"), ("0.1.0", "0.1.0"), ("1.0.0", "0.9.0")):
            self.assertFalse(may_break(last, following), (last, following))

    def test_the_changelog_is_read(self):
        self.assertEqual(released(CHANGELOG), [("0.2.0", "2026-03-01"), ("0.1.0", "2026-01-31")])
        self.assertEqual(section(CHANGELOG, "0.1.0"), "The first.")
        self.assertEqual(section(CHANGELOG, "Unreleased"), "### Added\n\n- A thing.")
        self.assertIsNone(section(CHANGELOG, "0.3.0"))
        self.assertEqual(changelog_faults(CHANGELOG, "0.2.0"), [])

    def test_each_fault_of_the_changelog_is_said(self):
        for changed, sentence in (
            (CHANGELOG.replace("## Unreleased", "## Next"), "must begin with the section"),
            (CHANGELOG.replace("0.2.0 - 2026-03-01", "0.2.0"), "must read '## 1.2.3 - 2026-01-31'"),
            (CHANGELOG.replace("### Fixed", "### Bugs"), "'### Bugs' is none of"),
            (CHANGELOG.replace("0.1.0 -", "0.3.0 -"), "the newest version comes first"),
            (CHANGELOG.replace("0.2.0 -", "0.3.0 -"), "run scripts/set-version"),
        ):
            with self.subTest(sentence):
                found = changelog_faults(changed, "0.2.0")
                self.assertTrue(any(sentence in one for one in found), found)

    def test_a_release_leaves_an_empty_section_on_top(self):
        text = release(CHANGELOG, "0.3.0", "2026-04-01")
        self.assertEqual(section(text, "Unreleased"), "")
        self.assertEqual(section(text, "0.3.0"), "### Added\n\n- A thing.")
        self.assertEqual(changelog_faults(text, "0.3.0"), [])
        with self.assertRaises(ValueError):
            release(text, "0.4.0", "2026-05-01")


class Licences(unittest.TestCase):
    def test_an_expression_is_a_list_of_sets(self):
        for expression, expected in (
            ("MIT", [{"MIT"}]),
            ("MIT/Apache-2.0", [{"MIT"}, {"Apache-2.0"}]),
            ("A AND B OR C", [{"A", "B"}, {"C"}]),
            ("A AND (B OR C)", [{"A", "B"}, {"A", "C"}]),
            ("A WITH X OR B", [{"A WITH X"}, {"B"}]),
        ):
            self.assertEqual(alternatives(expression), [frozenset(it) for it in expected], expression)
        for bad in ("", "MIT OR", "(MIT", "MIT)", "AND"):
            with self.subTest(bad), self.assertRaises(ValueError):
                alternatives(bad)

    def test_the_first_allowed_one_is_chosen_and_each_part_must_be_allowed(self):
        self.assertEqual(chosen("Apache-2.0 OR MIT", ["MIT", "Apache-2.0"]), {"MIT"})
        self.assertEqual(chosen("GPL-3.0 OR ISC", ["MIT", "ISC"]), {"ISC"})
        self.assertIsNone(chosen("MIT AND GPL-3.0", ["MIT"]))


if __name__ == "__main__":
    unittest.main()
