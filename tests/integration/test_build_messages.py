"""What `ix build` says: warnings whatever becomes of the build and before all else, and causes in place of guesses."""

import pytest
from losses import lose, part, tag_of
from test_build import base, build, context, store  # noqa: F401



@pytest.mark.parametrize(
    "dockerfile, ignored, warning, error",
    [
        ("FROM scratch\nCOPY ${JAR}.jar /app.jar\n", None, "Dockerfile:2: Usage of undefined variable '$JAR' (UndefinedVar)", '".jar" not found'),
        ("FROM scratch\nCOPY f /f\n", "*", 'Attempting to Copy file "f" that is excluded by .dockerignore', '"f" not found in'),
        ("FROM scratch\nADD ./f /f\n", "f", 'Attempting to Add file "f" that is excluded by .dockerignore', '"./f" not found in'),
        ("FROM scratch AS Upper\nFROM missing.test/x:1\n", None, "StageNameCasing", "missing.test"),
        ("FROM scratch AS Upper\nCOPY --from=nobody a b\nFRMO x\n", None, "StageNameCasing", "FRMO"),
        ("FROM scratch AS Upper\nFROM --platform=linux/${NOTHING} scratch\n", None, "FROM argument 'NOTHING' is not declared", "Dockerfile:2"),
        ("FROM scratch AS Upper\nFROM Upper AS b\nCOPY --from=c x y\nFROM b AS c\n", None, "StageNameCasing", "Dockerfile:3"),
        ("FROM busybox:1 AS Upper\nRUN false\n", None, "StageNameCasing", "exit code: 1"),
        ("FROM scratch AS Upper\nUSER x\nCOPY --chown=nobody Dockerfile /\n", None, "StageNameCasing", 'user "nobody" not found'),
        ("FROM scratch\nMAINTAINER me\nRUN ${x\n", None, "MaintainerDeprecated", "Dockerfile:3"),
    ],
)
def test_warnings_come_before_the_error(ix, base, context, dockerfile, ignored, warning, error):  # noqa: F811
    files = {"f": "x"} | ({".dockerignore": ignored} if ignored else {})
    done = ix("build", "--network=none", context(dockerfile, **files))
    assert done.code in (1, 4), done
    assert warning in done.stderr and error in done.stderr, done.stderr
    assert done.stderr.index(warning) < done.stderr.index("error:"), done.stderr
    assert done.stderr.count(warning) == 1


def test_a_context_of_which_nothing_is_left_is_warned_of(ix, store, context):  # noqa: F811
    done = ix("build", "--network=none", context("FROM scratch\nCOPY . .\n", **{".dockerignore": "*", "f": "x"})).ok()
    assert 'Attempting to Copy file "." that is excluded' in done.stderr


@pytest.mark.parametrize(
    "dockerfile, cause, misleading",
    [
        ("FROM busybox:1\nENV a=1 p=${a}${b} b=2\nRUN false\n", "undefined variable '$b' (UndefinedVar)", "did you mean"),
        ("FROM busybox:1\nCOPY --chown=4294967295 f /\n", "invalid user id 4294967295: too large", "not found in"),
        ("FROM busybox:1\nCOPY --chown=0:99999999999 f /\n", "invalid group id 99999999999: too large", "not found in"),
        ("FROM busybox:1\nUSER 4294967295\nWORKDIR /made\n", "invalid user id 4294967295: too large", "not found in"),
        ("FROM busybox:1\nADD --checksum=sha512:00 http://localhost:1/x /\n", "of a URL (expected: sha256:", "connect"),
        ("FROM busybox:1\nRUN <<E\r\nset -eu\r\ntrue\r\nE\r\n", "end in CR LF", "not found in the image"),
        ("FROM scratch\nCOPY f /\n".encode("utf-16-le"), "is encoded in UTF-16", "unknown instruction"),
        ("FROM scratch\nCOPY f /\n".encode("utf-16-be"), "is encoded in UTF-16", "unknown instruction"),
        ("FROM scratch\nCOPY f /\n".encode("utf-16"), "is encoded in UTF-16", "unknown instruction"),
    ],
)  # fmt: skip
def test_the_cause_is_told(ix, base, context, dockerfile, cause, misleading):  # noqa: F811
    folder = context("", f="x")
    (folder / "Dockerfile").write_bytes(dockerfile if isinstance(dockerfile, bytes) else dockerfile.encode())
    done = ix("build", "--network=none", folder)
    assert done.code == 1, done
    assert cause in done.stderr and misleading not in done.stderr, done.stderr


TWICE = """
from ixian_docker.modules.docker.stage import ImageTask


class BuildOtherImage(ImageTask):
    "Another target of the same Dockerfile."
    name = "build_other_image"
    category = "build"
    short_description = "Build the other"
    parent = "build_image"
    stage = "other"
    target = "other"
    dockerfile = "Dockerfile"
"""
UNDEFINED = "Dockerfile:3: Usage of undefined variable '$JAR' (UndefinedVar)"


@pytest.mark.parametrize(
    "dockerfile, ignored, warning, code",
    [
        ("ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY ${JAR}.jar /app.jar\n", "", UNDEFINED, 1),
        ("FROM scratch\n\nCOPY ${JAR}.jar /app.jar\n", "", UNDEFINED, 1),
        ("ARG BASE_IMAGE\nFROM $BASE_IMAGE\nCOPY f /\n", "*\n", 'Dockerfile:3: Attempting to Copy file "f" that is excluded by .dockerignore (CopyIgnoredFile)', 1),
        ("ARG BASE_IMAGE\nFROM $BASE_IMAGE\nMAINTAINER me\nNOTHING\n", "", "Dockerfile:3: Maintainer instruction is deprecated", 1),
        ("FROM 127.0.0.1:1/nothing:1 AS Build\n", "", "Dockerfile:1: Stage name 'Build' should be lowercase (StageNameCasing)", 4),
        ("FROM scratch as build\nADD http://127.0.0.1:1/f /f\n", "", "Dockerfile:1: 'as' and 'FROM' keywords' casing do not match (FromAsCasing)", 4),
    ],
)
def test_a_projects_image_that_cannot_be_planned_is_warned_of_first(checkout, plain, dockerfile, ignored, warning, code):
    one = checkout("1")
    one.write("Dockerfile.base", "FROM scratch\n")
    one.write("Dockerfile", dockerfile)
    one.write(".dockerignore", ignored)
    for command in ("build_image",), ("plan", "build_image"), ("--dry-run", "build_image"):
        done = one(*command).failed(code)
        assert done.stderr.count(warning) == 1 and done.stderr.index(warning) < done.stderr.index("error:"), done
        assert "BASE_IMAGE" not in done.stderr.split("error:")[0], done
    assert "warning" not in one("help", "build_image").ok().stderr


def test_a_project_is_warned_once_whatever_is_built(checkout, registry_with_a_lost_base):
    one = checkout("2")
    one.add(TWICE)
    one.write("Dockerfile", "ARG BASE_IMAGE\nFROM $BASE_IMAGE AS other\nMAINTAINER me\nCOPY f /f\nFROM other\nCOPY f /g\n")
    done = one("build_image").ok()
    assert done.stderr.count("(MaintainerDeprecated)") == 1 and "is incomplete and is rebuilt" in done.stderr, done
    assert "warning" not in one("build_image").ok().stderr


@pytest.fixture
def registry_with_a_lost_base(checkout, plain):
    checkout("1")("--push", "build_image").ok()
    lose(plain, part(plain, "t/shop", tag_of(plain, "base"), "layer"))
