"""``python -m streams`` is ``onefold``: what child processes are started as, wherever the script lies."""

from streams.cli import main

main()
