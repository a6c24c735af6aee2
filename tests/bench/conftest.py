"""The bench's own code, and the built programs where there are any."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ["IX"]).parent if "IX" in os.environ else ROOT / "build/release"

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bench"))
