"""Prints what the heaviest requests under 64 KiB cost: milliseconds of processor time, the worst first.

`tests/bench/heavy` runs it. Times are of the thread that answers, so that a busy machine changes them little.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence

from bff.commands.embedded_redis import EmbeddedRedis
from tests.support.heavy_sender import Sender, heavy_shop


def main(arguments: Sequence[str]) -> int:
    """Send every heavy request to every route, as a guest and as a customer, and print the worst."""
    parser = argparse.ArgumentParser(prog="tests/bench/heavy")
    parser.add_argument("--lines", type=int, default=30, help="how many to print")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only requests whose name holds one of these")
    parsed = parser.parse_args(arguments)
    logging.disable()
    found: list[tuple[float, int, str]] = []
    with EmbeddedRedis() as server, heavy_shop(server) as shop:
        for who in (False, True):
            sender = Sender(shop, signed_in=who)
            for heavy in sender.requests():
                if parsed.words and not any(word in heavy.name for word in parsed.words):
                    continue
                sender.ready()
                began = time.thread_time()
                status = sender.sent(heavy)
                spent = (time.thread_time() - began) * 1000
                found.append((spent, status, f"{'customer' if who else 'guest'} {heavy.name}"))
    for spent, status, name in sorted(found, reverse=True)[: parsed.lines]:
        print(f"{spent:9.1f} ms  {status}  {name}")
    print(f"{len(found)} requests")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
