"""Fetching jars without a network."""

import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from infra import jvm
from infra.errors import JarDownloadError


def test_jars_that_cannot_be_downloaded_are_an_error_of_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # the discard port: refused at once
    monkeypatch.setenv("NO_PROXY", "")

    with pytest.raises(JarDownloadError, match=r"Could not fetch org\.example:none:1 from Maven Central") as raised:
        jvm.fetch_jars("org.example:none:1")

    assert "\n" not in str(raised.value)


def test_a_jar_cut_short_by_a_broken_download_is_fetched_again(tmp_path: Path) -> None:
    jar = tmp_path / "a.jar"
    jar.write_bytes(b"PK\x03\x04 cut short")

    def fetch() -> Path:
        if not jar.exists():
            with zipfile.ZipFile(jar, "w") as archive:
                archive.writestr("A.class", b"")
        return jar

    assert zipfile.is_zipfile(jvm._whole(fetch))


def test_a_project_file_cut_short_by_a_broken_download_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    whole, cut = tmp_path / "a" / "a-1.pom", tmp_path / "b" / "b-1.pom"
    for file, text in ((whole, "<project/>"), (cut, "<project>")):
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")

    def resolve() -> list[str]:
        if not cut.exists():
            cut.write_text("<project/>", encoding="utf-8")
        return [ET.parse(file).getroot().tag for file in (whole, cut)]  # noqa: S314 - written above

    assert jvm._fetched("b:b:1", resolve) == ["project", "project"]


def test_of_several_first_starts_at_once_one_fetches_while_the_others_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the others would find the half of a file, or fail since it is there."""
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    fetch = f"""
import time
from pathlib import Path
from infra import jvm

def resolve():
    half = Path({str(tmp_path)!r}) / "half"
    with half.open("x"):
        time.sleep(0.2)
    half.unlink()

jvm._fetched("a:a:1", resolve)
"""
    starts = [subprocess.Popen([sys.executable, "-c", fetch]) for _ in range(3)]

    assert [start.wait(timeout=60) for start in starts] == [0, 0, 0]
