"""Runs the command line: `python -m clients.command_line`."""

import sys

from clients.command_line.app import main

if __name__ == "__main__":
    sys.exit(main())
