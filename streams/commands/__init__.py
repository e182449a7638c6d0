"""The commands of ``onefold``, one small module each; ``streams.program`` lists them.

A command module loads nothing heavy: what needs Kafka, DuckDB or the synthetic world is imported when the command runs.
"""
