"""The differences that are wanted, as wanted.toml lists them. Each names the builder that stands alone with its answer."""

import fnmatch
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).parent / "wanted.toml"
FIELDS = {"case", "builder", "what", "reason"}


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


@dataclass
class Wanted:
    case: str
    builder: str
    what: list
    reason: str
    seen: dict = field(default_factory=dict)  # pattern of `what` → cases in which it occurred

    def covers(self, case, builder, key):
        if builder != self.builder or not matches(self.case, case):
            return False
        hits = [pattern for pattern in self.what if matches(pattern, key)]
        for pattern in hits:
            self.seen.setdefault(pattern, set()).add(case)
        return bool(hits)


def load(text=None):
    entries = []
    for each in tomllib.loads(text if text is not None else FILE.read_text()).get("difference", []):
        assert each.keys() == FIELDS, f"wanted.toml: {each} must have {', '.join(sorted(FIELDS))}"
        what = [each["what"]] if isinstance(each["what"], str) else each["what"]
        entries.append(Wanted(each["case"], each["builder"], what, each["reason"]))
    return entries
