"""Fetching jars without a network."""

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
