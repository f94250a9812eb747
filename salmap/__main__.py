"""`python -m salmap`: the command line."""

from salmap.cli.main import main

main()
