"""`python -m localci`: what installed hooks call, by the interpreter they name."""

import sys

from localci.cli import main

if __name__ == "__main__":
    sys.exit(main())
