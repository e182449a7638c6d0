"""Errors of the streaming room, each one clear sentence.

StreamsError
├── SettingsError        a setting or file is wrong
├── PolicyRefusedError   a policy cannot be put in force as things are
├── InputError           a source or file that the user named is not there or cannot be used
├── BrokerDownError      no broker answers, or none was started
├── RegistryDownError    the schema registry does not answer
├── TopicsError          topics are missing or not as they must be
├── CheckError           something else about the installation is not as it must be
├── DeliveryError        the broker did not take a record
├── StoreError           a partition's state cannot be opened, restored, read or written
│   └── StoreHeldError   another process has it open
├── VersionError         a newer version wrote what this one cannot read
└── WorkerError          a worker or sink process ended when it should not have
"""

from typing import Self


class StreamsError(Exception):
    """Anything here that a user can act on; the command line prints it and exits with code 2."""


class SettingsError(StreamsError):
    """A setting or a file it names is wrong."""


class InputError(StreamsError):
    """A source or a file that the user named is not there, or cannot be read or written."""


class PolicyRefusedError(StreamsError):
    """A policy cannot be put in force as things are."""


class BrokerDownError(StreamsError):
    """No broker answers, or none was started."""

    @classmethod
    def at(cls, servers: str) -> Self:
        """Return the error that none of these servers answers."""
        return cls(f"no Kafka broker answers at {servers}; start one with 'onefold up'")


class RegistryDownError(StreamsError):
    """The schema registry does not answer, or not as one does; what needs it can be done later."""


class TopicsError(StreamsError):
    """Topics are missing or not as they must be."""


class CheckError(StreamsError):
    """Something about the installation is not as it must be; one line each."""


class DeliveryError(StreamsError):
    """The broker did not take a record that must not be lost."""


class StoreError(StreamsError):
    """A partition's state cannot be opened, restored, read or written."""


class StoreHeldError(StoreError):
    """Another process has a partition's state open."""


class VersionError(StreamsError):
    """A newer version wrote what this one cannot read."""


class WorkerError(StreamsError):
    """A worker or sink process ended when it should not have."""
