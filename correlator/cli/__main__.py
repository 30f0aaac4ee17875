"""`python -m correlator.cli` is `clew`."""

from correlator.cli import main

main()
