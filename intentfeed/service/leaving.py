"""The process in which people leave a workspace, told whom on standard input: `-m intentfeed.service.leaving`."""

from __future__ import annotations

import json
import sys

from ..daily import update
from ..errors import IntentfeedError


def main() -> int:
    """Return 0 once they have left; else say why not on standard error. Names no person on the command line."""
    told = json.load(sys.stdin)
    try:
        update(told["workspace"], delete=told["delete"], endpoint="")
    except IntentfeedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
