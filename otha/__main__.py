"""`python -m otha`, the same as `otha`."""

from otha.cli import main

main()
