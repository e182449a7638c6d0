"""What a view of the lake is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of the lake.

    Attributes:
        name: its name.
        doc: what a row is.
        columns: column name to what it means, with its unit, in order.
        select: the statement behind it; its columns are the ones above.
    """

    name: str
    doc: str
    columns: Mapping[str, str]
    select: str

    def create_sql(self) -> str:
        """Return the statement that creates or replaces the view."""
        return f"CREATE OR REPLACE VIEW {self.name} AS {self.select}"
