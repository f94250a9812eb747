"""`python -m salmap`: the command line."""

from salmap.cli import main

main()
