"""Avro contracts, their typed records and their framing. Imports nothing of ours."""
