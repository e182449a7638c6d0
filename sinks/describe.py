"""The lake's reference in Markdown, made from the lists of tables and views: the middle of docs/lake.md."""

from collections.abc import Iterator

from profiles.policy_file import default_profile_policy
from sinks.columns import sql_type
from sinks.personal import PERSONAL
from sinks.tables import TABLES
from sinks.views import all_views


def reference() -> str:
    """Return every table and view with its columns, types, units and meaning, and which of them are personal."""
    return "\n".join((*_tables(), *_views()))


def _tables() -> Iterator[str]:
    yield "## Tables"
    for table in TABLES:
        key = ", ".join(f"`{name}`" for name in table.key)
        yield f"\n### {table.name}\n\n{table.doc}{f' Key: {key}.' if key else ''}\n"
        yield "| column | type | meaning |\n| --- | --- | --- |"
        for column in table.columns:
            yield f"| `{column.name}` | `{sql_type(column.type)}` | {column.doc}{_note(table.name, column.name)} |"


def _views() -> Iterator[str]:
    yield "\n## Views"
    for view in all_views(default_profile_policy()):
        yield f"\n### {view.name}\n\n{view.doc}\n"
        yield "| column | meaning |\n| --- | --- |"
        for name, doc in view.columns.items():
            yield f"| `{name}` | {doc}{_note(view.name, name)} |"


def _note(relation: str, column: str) -> str:
    personal = PERSONAL.get(relation, {})
    return " *Personal.*" if column in personal or (column == "*" and personal) else ""
