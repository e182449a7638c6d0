"""The lake: DuckLake tables and views, one writer, many readers, snapshots. Knows DuckDB, but no Kafka and no clock."""
