"""What the program leans on: each dependency has its reason in the README, and a licence that permits any use."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PERMISSIVE = re.compile(
    r"\b(?:MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Unlicense)\b", re.IGNORECASE
)
RESTRICTIVE = re.compile(r"\b(?:A?GPL|LGPL|GNU|SSPL|proprietary)", re.IGNORECASE)


def rows_declared() -> dict[str, Requirement]:
    """Return the run-time dependencies of `pyproject.toml`, those of its extras too, as the README names them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = {one.name: one for one in map(Requirement, project["dependencies"])}
    for extra, lines in project["optional-dependencies"].items():
        if extra != "dev":
            found |= {f"{one.name} (extra `{extra}`)": one for one in map(Requirement, lines)}
    return found


def declared() -> list[Requirement]:
    """Return the run-time dependencies, those of extras too."""
    return list(rows_declared().values())


def installed_with() -> set[str]:
    """Return the names of everything that is installed along with the program, at any depth."""
    seen: set[tuple[str, frozenset[str]]] = set()
    found: set[str] = set()
    waiting = declared()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needs = map(Requirement, requires(name) or [])
        except PackageNotFoundError:  # for another platform or Python
            continue
        found.add(name)
        waiting += [one for one in needs if _applies(one, extras)]
    return found


def _applies(one: Requirement, extras: frozenset[str]) -> bool:
    return one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""})


def licence(name: str) -> str:
    """Return what a package says of its licence: the expression, the classifiers, or the first line of the text."""
    about = metadata(name)
    said = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
    said += [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    return "; ".join(one.split("\n")[0] for one in said)


def test_each_dependency_has_its_reason_in_the_readme_and_no_other() -> None:
    section = (
        (ROOT / "README.md").read_text("utf-8").partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line[:1] == "|"
    ]
    head, _, *table = rows
    assert head == ["package", "for", "instead of our own because"]
    assert sorted(row[0] for row in table) == sorted(rows_declared())
    assert all(len(cell) > 4 for row in table for cell in row[1:])


def test_each_dependency_has_a_lower_bound_and_no_upper_one() -> None:
    for one in declared():
        assert [part.operator for part in one.specifier] == [">="], one


def test_everything_that_is_installed_along_permits_any_use() -> None:
    names = installed_with()
    assert {canonicalize_name(one.name) for one in declared()} <= names
    for name in names:
        said = licence(name)
        assert PERMISSIVE.search(said), f"{name}: {said!r}"
        assert not RESTRICTIVE.search(said), f"{name}: {said!r}"
