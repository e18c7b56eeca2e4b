"""`python -m archgraph`: the command line, for the Python that runs it."""

from archgraph.cli import program

program()
