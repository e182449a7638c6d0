"""The only room that knows Kafka and Faust: chunks, partition store, ingest, gather, sink loop, command line."""
