"""DuckDB with DuckLake, loaded from the installed wheels: nothing is downloaded and nothing is installed for the user.

The catalog is one SQLite file in WAL mode, so a reader in another process never waits for the writer, nor the writer
for a reader. The folder may be moved: the place of the data is given anew with every attachment.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from sinks.errors import LakeError, LakeMissingError, LakeVersionError, SnapshotMissingError, sentence
from sinks.tables import LAKE_FORMAT

LAKE: Final = "lake"
"""The name under which every connection attaches the lake."""

_EXTENSIONS: Final[Mapping[str, str]] = {"sqlite": "sqlite_scanner", "ducklake": "ducklake"}
"""Name of the wheel's file to the name that DuckDB must find it by."""

_ONE_STATE_OF_THE_CATALOG: Final = "SET GLOBAL sqlite_disable_multithreaded_scans = true"
"""Let every statement read the catalog by the one SQLite connection of its transaction.

Otherwise each table of the catalog is read by a SQLite connection of its own, which sees what was committed meanwhile,
but only the rows up to the highest row id of when the statement began. Merging files deletes rows of the catalog and
puts others in their place; a statement that met it saw neither, and so no rows. GLOBAL, because DuckLake reads the
catalog by a DuckDB connection of its own.
"""

_LOCK_WAIT_MS: Final = 30_000
"""How long SQLite waits for a lock of another process; only recovery and checkpoints of the catalog take one."""


def catalog_path(home: Path) -> Path:
    """Return the catalog's file."""
    return home / "lake" / "catalog.sqlite"


def data_path(home: Path) -> Path:
    """Return the folder of the data files."""
    return home / "lake" / "data"


def known_path(home: Path) -> Path:
    """Return the folder of what the writer knows of the stored rows."""
    return home / "lake" / "known"


def quoted(text: object) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _extension_file(name: str, version: str) -> Path:
    module = f"duckdb_extension_{name}"
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        message = f"The package {module.replace('_', '-')} is not installed."
        raise LakeError(message)
    return Path(spec.origin).parent / "extensions" / version / f"{name}.duckdb_extension"


def _load_extensions(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the wheels' extensions by links with the names that DuckDB derives their entry points from."""
    version = f"v{duckdb.__version__}"
    with TemporaryDirectory(prefix="onefold-") as folder:
        for name, loaded_as in _EXTENSIONS.items():
            link = Path(folder) / f"{loaded_as}.duckdb_extension"
            link.symlink_to(_extension_file(name, version))
            try:
                connection.execute(f"LOAD {quoted(link)}")
            except duckdb.Error as error:
                message = f"The DuckDB extension {name} for {version} cannot be loaded: {sentence(error)}"
                raise LakeError(message) from error


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB with DuckLake loaded, in UTC, that reaches for no network and no Python variable."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Checking the signatures costs 0.5 s a connection, for files that lie beside DuckDB's own binary and came
            # through the same installer. No statement of a reader can load another one: see sinks.reader.
            "allow_unsigned_extensions": True,
        }
    )
    try:
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET TimeZone = 'UTC'")
        _load_extensions(connection)
        connection.execute(_ONE_STATE_OF_THE_CATALOG)
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, home: Path, *options: str) -> None:
    """Attach the lake of a home and make it the default, so that its names need no prefix.

    Raises:
        SnapshotMissingError: the options name a snapshot that is not there.
        LakeMissingError: there is a catalog's file with nothing in it, and the options do not allow to make one.
        LakeVersionError: the catalog was written by a newer DuckLake.
        LakeError: the catalog cannot be opened.
    """
    given = (
        f"DATA_PATH {quoted(f'{data_path(home)}/')}",
        "OVERRIDE_DATA_PATH true",
        f"META_BUSY_TIMEOUT {_LOCK_WAIT_MS}",
        *options,
    )
    source = quoted(f"ducklake:sqlite:{catalog_path(home)}")
    try:
        connection.execute(f"ATTACH {source} AS {LAKE} ({', '.join(given)})")
        connection.execute(f"USE {LAKE}")
    except duckdb.Error as error:
        raise _attach_error(error, home) from error


def _attach_error(error: duckdb.Error, home: Path) -> LakeError:
    text = sentence(error)
    if "No snapshot found" in text or "out of range" in text:  # the latter of a version beyond 64 bits
        return SnapshotMissingError(f"The lake in {home} has no such snapshot.")
    if "creating a new DuckLake is explicitly disabled" in text:  # who began to make it was killed before anything else
        return LakeMissingError(f"The lake in {home} was not finished being made; 'onefold sink' makes it.")
    if "DuckLake version" in text or "DuckLake Extension only supports" in text:
        return LakeVersionError(f"The lake in {home} was written by another DuckLake version: {text}")
    return LakeError(f"The lake in {home} cannot be opened: {text}")


def require_lake(home: Path) -> None:
    """Raise LakeMissingError unless there is a lake in this home."""
    if not catalog_path(home).is_file():
        message = f"There is no lake in {home} yet; 'onefold drain' or 'onefold sink' makes one of what was published."
        raise LakeMissingError(message)


def check_format(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Raise LakeVersionError where the attached lake has another format, LakeMissingError where it is empty."""
    try:
        found = connection.execute("SELECT lake_format FROM _lake").fetchone()
    except duckdb.CatalogException:
        found = None
    if found is None:
        message = f"The lake in {home} holds no tables yet; 'onefold drain' or 'onefold sink' makes them."
        raise LakeMissingError(message)
    if found[0] != LAKE_FORMAT:
        message = (
            f"The lake in {home} has format {found[0]}, expected {LAKE_FORMAT}: use the version that wrote it, or move "
            "its folder away and run the sink, which makes it anew from Kafka."
        )
        raise LakeVersionError(message)
