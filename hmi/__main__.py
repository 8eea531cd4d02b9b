"""`python -m hmi`."""

import sys

from hmi.app import main

sys.exit(main())
