"""Reading changelogs: a broker that has just started, a leader that is lost."""

from dataclasses import dataclass, field

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.batches import Logged
from streams.changelog import KafkaChangelog
from streams.errors import StoreError

LOG = KafkaChangelog("servers", "state")


@dataclass(frozen=True)
class Message:
    """A record as a client returns it, or a failure in its place."""

    at: int = 0
    code: int | None = None

    def offset(self) -> int:
        """See confluent-kafka."""
        return self.at

    def partition(self) -> int:
        """See confluent-kafka."""
        return 0

    def key(self) -> bytes:
        """See confluent-kafka."""
        return b"na"

    def value(self) -> bytes:
        """See confluent-kafka."""
        return b"1"

    def headers(self) -> None:
        """See confluent-kafka."""

    def error(self) -> KafkaError | None:
        """See confluent-kafka."""
        return None if self.code is None else KafkaError(self.code)


@dataclass
class Client:
    """A client of a changelog of 7 records, whose broker answers so many times with an error first."""

    code: int = 0
    failures: int = 0
    answers: list[Message] = field(default_factory=list)

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        """See confluent-kafka."""
        if self.failures:
            self.failures -= 1
            raise KafkaException(KafkaError(self.code))
        return 0, 7

    def assign(self, _: object) -> None:
        """See confluent-kafka."""

    def consume(self, *_: object, **__: object) -> list[Message]:
        """Return the next answer."""
        return [self.answers.pop(0)] if self.answers else []

    def close(self) -> None:
        """See confluent-kafka."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr("streams.changelog._PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("streams.changelog._client", lambda _: made)
    return made


def read(end: int) -> list[Logged]:
    return [record for records in LOG.read(0, 0, end) for record in records]


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
    ],
)
def test_a_leader_that_is_not_known_yet_is_waited_for(client: Client, code: int) -> None:
    client.code, client.failures = code, 3

    assert LOG.bounds(0) == (0, 7)


def test_a_leader_that_stays_unknown_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.changelog._TIMEOUT_SECONDS", 0.01)
    client.code, client.failures = KafkaError.LEADER_NOT_AVAILABLE, 10**9

    with pytest.raises(StoreError, match=r"^state\[0\] cannot be read"):
        LOG.bounds(0)


def test_an_error_that_does_not_pass_is_not_waited_for(client: Client) -> None:
    client.code, client.failures = KafkaError.TOPIC_AUTHORIZATION_FAILED, 1

    with pytest.raises(StoreError, match=r"^state\[0\] cannot be read"):
        LOG.bounds(0)


def test_an_error_in_the_midst_of_reading_that_does_not_pass_ends_it(client: Client) -> None:
    client.answers = [Message(0), Message(code=KafkaError.TOPIC_AUTHORIZATION_FAILED)]

    with pytest.raises(StoreError, match=r"^state\[0\] cannot be read"):
        read(2)


def test_reading_goes_on_after_a_leader_was_lost(client: Client) -> None:
    client.answers = [Message(0), Message(code=KafkaError.NOT_LEADER_FOR_PARTITION), Message(1)]

    assert read(2) == [Logged(0, b"na", b"1", None), Logged(1, b"na", b"1", None)]


def test_a_changelog_whose_last_offsets_are_compacted_away_is_read_to_its_end(client: Client) -> None:
    client.answers = [Message(0), Message(5, KafkaError._PARTITION_EOF)]

    assert read(5) == [Logged(0, b"na", b"1", None)]


def test_a_changelog_that_only_fails_falls_silent(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.changelog._TIMEOUT_SECONDS", -1.0)
    client.answers = [Message(code=KafkaError._TRANSPORT)]

    with pytest.raises(StoreError, match="fell silent at offset 0 of 5"):
        read(5)
