"""Links between documents lead somewhere, paths in them exist, and their Python code is Python."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

pytestmark = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_ROOMS = "schemas|identity|profiles|sinks|streams|infra|tests|benchmarks"


def headings(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", _FENCED.sub("", document.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_internal_links_lead_to_a_file_and_heading(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", _FENCED.sub("", document.read_text("utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path) if path else document
        if not file.exists() or (anchor and anchor not in headings(file)):
            broken.append(target)
    assert broken == []


def test_files_that_are_named_exist(document: Path) -> None:
    named = set(re.findall(rf"`((?:{_ROOMS})/[\w/]+\.(?:py|avsc))`", document.read_text("utf-8")))
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_make_targets_that_are_named_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^ *|`)make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= targets


def test_python_code_compiles(document: Path) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        compile(code, document.name, "exec")
