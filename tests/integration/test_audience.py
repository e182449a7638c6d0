"""An audience is who permits it and can be reached, and nobody else."""

from pathlib import Path

import pytest

from schemas.records import Consent, ConsentState
from sinks.audience import audience
from sinks.errors import QueryError
from sinks.lake import LakeBatch, open_lake_writer
from sinks.reader import open_lake_reader
from sinks.testing import a_profile, a_touchpoint, an_identifier
from streams.program import main


def consent(state: ConsentState, channel: str = "email") -> Consent:
    return {"purpose": "marketing", "channel": channel, "state": state, "text_version": None}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Prospects: ann and eve permit marketing, bob refuses, cat never said; the address of eve bounced."""
    said = {
        "ann": [consent("granted")],
        "bob": [consent("granted"), consent("denied", "*")],
        "cat": [],
        "eve": [consent("granted", "*")],
    }
    touchpoints, profiles = [], []
    for number, (name, consents) in enumerate(said.items()):
        address = an_identifier("email", f"{name}@example.com")
        node = {"node_id": bytes.fromhex(address["node_id"]), "type": "email", "value": address["value"]}
        touch = a_touchpoint(f"e-{number}", node)  # type: ignore[arg-type]  # a node of the identifier
        touch["touchpoint"]["consents"] = consents
        touchpoints.append(touch)
        address["quality"] = "bounced" if name == "eve" else None
        profiles.append(a_profile(name, identifiers=[address]))
    with open_lake_writer(tmp_path) as writer:
        writer.write(LakeBatch(touchpoints=touchpoints, profiles=profiles), {})
    return tmp_path


def test_only_members_who_permit_it_and_can_be_reached_are_handed_out(home: Path) -> None:
    with open_lake_reader(home) as reader:
        found = audience(reader, "prospects", "marketing", "email", ["city"])
    assert (found.members, found.permitted) == (4, 2)
    assert [(one.contact, one.traits) for one in found.reached] == [("ann@example.com", {"city": "Berlin"})]


def test_another_purpose_needs_a_consent_of_its_own(home: Path) -> None:
    with open_lake_reader(home) as reader:
        assert audience(reader, "prospects", "profiling", "email", []).reached == []


def test_a_segment_that_there_is_not_is_refused_by_name(home: Path) -> None:
    with open_lake_reader(home) as reader, pytest.raises(QueryError, match=r"'nobody'; expected one of .*prospects"):
        audience(reader, "nobody", "marketing", "email", [])


def test_a_purpose_that_no_consent_names_is_said_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ONEFOLD_HOME", str(home))
    with pytest.raises(SystemExit, match="0"):
        main(["audience", "prospects", "--channel", "email", "--purpose", "advertising"])
    assert "No consent names the purpose 'advertising'; those named so far: marketing" in capsys.readouterr().err
