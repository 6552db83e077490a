"""Runs the mutations: each in a copy of the project, against the one test that is named for it.

A mutation counts as caught only where that very test fails, by JSON routes alone and by pages alone where it drives
both; one that cannot be read, or that breaks the collection of tests, is reported as such.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from compileall import compile_dir
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue

from tests.support.journeys.door import FACES, ONE_FACE
from tests.support.mutation import Mutation
from tests.support.mutations import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("app.py", "pyproject.toml", "README.md", "bff", "templates", "static", "tests")
AT_ONCE = 2
PATIENCE_SECONDS = 300


def main(arguments: Sequence[str]) -> int:
    """Run the mutations that are asked for, and print a line each."""
    parser = argparse.ArgumentParser(prog="tests/mutants")
    parser.add_argument("--table", action="store_true", help="print the table for bff/docs/security.md and run nothing")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only guards whose name holds one of these")
    parsed = parser.parse_args(arguments)
    if parsed.table:
        print(table())
        return 0
    chosen = [m for m in MUTATIONS if not parsed.words or any(word in m.guard for word in parsed.words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        whole = copied(Path(folder) / "0")
        baseline = tested(whole, sorted({m.test for m in chosen}), None)
        if baseline.returncode != 0:
            print(baseline.stdout)
            print("the named tests fail before anything is taken out")
            return 1
        # By content: two mutations of one length within a second have one size and one time.
        compile_dir(whole / "bff", quiet=1, force=True, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        copies: SimpleQueue[Path] = SimpleQueue()
        copies.put(whole)
        for number in range(1, AT_ONCE):
            copies.put(Path(shutil.copytree(whole, Path(folder) / str(number))))
        with ThreadPoolExecutor(AT_ONCE) as workers:
            verdicts = []
            for mutation, verdict in zip(chosen, workers.map(lambda m: tried(m, copies), chosen), strict=True):
                print(f"{verdict:8}  {mutation.guard}", flush=True)
                verdicts.append(verdict)
    caught = verdicts.count("caught")
    print(f"{caught} of {len(verdicts)} caught")
    return 0 if caught == len(verdicts) else 1


def table() -> str:
    """Return the list as bff/docs/security.md shows it."""
    rows = [f"| {m.guard} | `{m.path}` | `{m.test}` |" for m in MUTATIONS]
    return "\n".join(["| guard | taken out of | test that fails |", "|---|---|---|", *rows])


def copied(folder: Path) -> Path:
    """Copy what tests need of the project."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, folder / name)
    return folder


def tried(mutation: Mutation, copies: SimpleQueue[Path]) -> str:
    """Return what came of a mutation: caught, survived, or that it says nothing."""
    folder = copies.get()
    faces: Sequence[str | None] = tuple(FACES) if mutation.by_either_face else (None,)
    try:
        with taken_out(folder, mutation):
            came_of_it = [_came_of(mutation, folder, face) for face in faces]
    finally:
        copies.put(folder)
    return next((verdict for verdict in came_of_it if verdict != "caught"), "caught")


def _came_of(mutation: Mutation, folder: Path, face: str | None) -> str:
    outcome = tested(folder, [mutation.test], face)
    failed = re.search(rf"^FAILED {re.escape(mutation.test)}", outcome.stdout, re.MULTILINE)
    if outcome.returncode == 1 and failed:
        return "caught"
    verdict = "survived" if outcome.returncode == 0 else "unclear"
    return verdict if face is None else f"{verdict} by {face}"


@contextmanager
def taken_out(folder: Path, mutation: Mutation) -> Iterator[None]:
    """Hold a guard out of the copy."""
    file = folder / mutation.path
    text = file.read_text()
    file.write_text(mutation.applied(text))
    try:
        yield
    finally:
        file.write_text(text)


def tested(folder: Path, tests: Sequence[str], face: str | None) -> subprocess.CompletedProcess[str]:
    """Run tests on a copy, held to one face or to none; `python -m` puts the copy before the installed package."""
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=line", "--show-capture=no", "-m", "", *tests]
    environment = {k: value for k, value in os.environ.items() if k not in (ONE_FACE, "PYTHONDONTWRITEBYTECODE")}
    environment |= {} if face is None else {ONE_FACE: face}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
