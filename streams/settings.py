"""Settings: read once from the environment, typed, and passed on as one frozen object."""

import contextlib
import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.errors import SettingsError
from streams.homes import check_home

_NODE_KEY_BYTES = 32
SIZE = r"^[0-9]+(\.[0-9]+)? ?([KMGT]i?B)$"
"""The form of a size of memory or disk."""

KEY_OF_NO_MEANING = bytes(_NODE_KEY_BYTES)
"""Where node ids are made and not asked for: who may read the lake needs no key."""


class Settings(BaseSettings):
    """What differs between installations; each field is the environment variable ``ONEFOLD_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="ONEFOLD_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(default=Path(".onefold"), description="Data folder: broker, state, lake, keys.")
    bootstrap_servers: str | None = Field(default=None, description="Kafka cluster to use instead of a local broker.")
    kafka_port: int = Field(default=29092, ge=1, le=65535, description="Port of the local broker.")
    broker: Literal["auto", "local", "docker"] = Field(default="auto", description="Which local broker to start.")
    schema_registry_url: str | None = Field(default=None, description="Schema registry; without one, single-object.")
    topic_prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]*$", description="Put before every topic name.")
    source_prefix: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9._-]*$",
        description="The same of sources and decisions, where it is another.",
    )
    partitions: int = Field(default=4, ge=1, le=256, description="Partitions of every topic, fixed at creation.")
    replication: int = Field(default=1, ge=1, description="Replicas of every topic.")
    node_key_file: Path | None = Field(default=None, description="File with the key of node ids, hexadecimal.")
    session_timeout_seconds: float = Field(default=30.0, gt=1, description="A worker silent for longer is out.")
    standby: bool = Field(default=False, description="Whether a worker keeps copies of what others work on.")
    metrics_port: int | None = Field(default=None, ge=0, le=65535, description="Port of metrics and health; 0: any.")
    metrics_host: str = Field(default="127.0.0.1", description="Address that metrics and health are served on.")
    query_seconds: float = Field(default=60.0, gt=0, description="Time of the engine for one query.")
    query_memory: str = Field(default="1GB", pattern=SIZE, description="Memory of one query; more goes to the disk.")
    query_spill: str = Field(default="2GB", pattern=SIZE, description="Disk that one query may take for a while.")

    @field_validator("home", mode="before")
    @classmethod
    def _home(cls, named: object) -> object:
        """Take an empty home for none: it would be the folder that the process stands in."""
        return named or Path(".onefold")

    @property
    def servers(self) -> str:
        """Bootstrap servers of the cluster to use."""
        return self.bootstrap_servers or f"127.0.0.1:{self.kafka_port}"

    @property
    def node_key_path(self) -> Path:
        """Where the key of node ids is kept."""
        return self.node_key_file or self.home / "keys" / "node.key"


def load_settings() -> Settings:
    """Return the settings of the environment.

    Raises:
        SettingsError: a variable does not have the form it must have, or its home cannot be used.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(f"setting ONEFOLD_{str(first['loc'][0]).upper()}: {first['msg']}") from None
    try:
        home = settings.home.expanduser().absolute()
    except (RuntimeError, OSError):  # the user has no home folder, the process stands in none
        raise SettingsError("setting ONEFOLD_HOME: expected a folder that can be found; name it from / on") from None
    check_home(home)
    return settings.model_copy(update={"home": home})


def node_key(settings: Settings) -> bytes:
    """Return the secret key of node ids, made at the first call of an installation.

    Every worker of a cluster must have the same: share the file, or name it by ``ONEFOLD_NODE_KEY_FILE``.

    Raises:
        SettingsError: the file is not 32 bytes in hexadecimal.
    """
    path = settings.node_key_path
    if not path.exists() and settings.node_key_file is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, secrets.token_hex(_NODE_KEY_BYTES))
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError):
        raise SettingsError(f"node key {path}: expected a file of {2 * _NODE_KEY_BYTES} hexadecimal digits") from None
    if len(key) != _NODE_KEY_BYTES:
        raise SettingsError(f"node key {path}: expected {2 * _NODE_KEY_BYTES} hexadecimal digits, got {2 * len(key)}")
    return key


def mask_key(settings: Settings) -> bytes:
    """Return the key of the masks of personal data, derived from the key of node ids.

    Where this home has no such key, it is one of the moment: masks of two answers tell nothing of each other then.

    Raises:
        SettingsError: as ``node_key``.
    """
    key = node_key(settings) if settings.node_key_path.exists() else secrets.token_bytes(_NODE_KEY_BYTES)
    return blake2b(key=key, person=b"onefold mask", digest_size=_NODE_KEY_BYTES).digest()


def _write_new(path: Path, text: str) -> None:
    """Write a file that only its owner may read; another process may win the race, and its text stays."""
    part = path.with_suffix(f".{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(part)
    part.unlink()
