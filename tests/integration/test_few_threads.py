"""A machine that gives no further thread: an error or less speed, never an abort and never a hang."""

import os
import shutil
import subprocess

import pytest
from test_build import base, build, context, store  # noqa: F401 (fixtures)

# The first so many threads can be had, and none after them.
SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
static atomic_int made;
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pthread_create");
  const char* most = getenv("MOST_THREADS");
  if (most != NULL && atomic_fetch_add(&made, 1) >= atoi(most)) return EAGAIN;
  return real(thread, attributes, run, argument);
}
"""


@pytest.fixture(scope="module")
def few_threads(tmp_path_factory):
    if os.environ.get("IXIAN_SANITIZED") == "1":
        pytest.skip("a sanitizer has a pthread_create of its own")
    compiler = shutil.which("cc") or shutil.which("g++")
    folder = tmp_path_factory.mktemp("few-threads")
    (folder / "few.c").write_text(SOURCE)
    subprocess.run([compiler, "-x", "c", "-shared", "-fPIC", "-o", folder / "few.so", folder / "few.c", "-ldl"], check=True)
    return lambda most: {"LD_PRELOAD": str(folder / "few.so"), "MOST_THREADS": str(most)}


def try_all(run, most):
    """With fewer and fewer threads it ends, the one way or the other; with none at all, too."""
    codes = {}
    for threads in [*range(most), 1000]:
        told = run(threads)
        assert told.code in (0, 1, 4), (threads, told)
        assert "terminate called" not in told.stderr and "Traceback" not in told.stderr, (threads, told)
        if told.code != 0:
            assert "thread" in told.stderr, (threads, told)
        codes[threads] = told.code
    assert codes[1000] == 0, codes
    assert 1 in codes.values(), "no thread was refused"


def test_a_build_ends(ix, base, context, few_threads):
    folder = context("FROM busybox:1 AS a\nRUN echo a >/a\nFROM busybox:1\nCOPY --from=a /a /a\nCOPY . /c\nRUN echo b >/b\n", **{f"f{n}": "x" for n in range(20)})
    try_all(lambda most: ix("build", "--network=none", "--no-cache", "-o", "type=tar,dest=out.tar", folder, env=few_threads(most), timeout=30), 12)


def test_tasks_end(ix, tmp_path, few_threads):
    tasks = "".join(f"class T{n}(Task):\n    name = 't{n}'\n\n    def execute(self):\n        print({n})\n\n\n" for n in range(4))
    (tmp_path / "ixian.py").write_text(f"from ixian.config import CONFIG\nfrom ixian.task import Task\n\n\ndef init():\n    CONFIG.PROJECT_NAME = 'p'\n\n\n{tasks}class Every(Task):\n    name = 'every'\n    depends = ['t0', 't1', 't2', 't3']\n\n    def execute(self):\n        print('all')\n")
    for most in (0, 1, 2, 3, 4, 1000):
        told = ix("-j", "4", "every", cwd=tmp_path, env=few_threads(most), timeout=30)
        assert told.code in (0, 1) and "terminate called" not in told.stderr, (most, told)
        if told.code == 0:
            assert "all" in told.stdout + told.stderr
