"""Tasks as a project writes them. Instantiating a Task class registers it; what runs when is decided by the program."""

import _ixian

from ixian import _calls
from ixian._late import late_names
from ixian.exceptions import AlreadyComplete, InvalidTask  # noqa: F401

TASKS = {}

__getattr__ = late_names(__name__, flatten_tree="ixian._task_tree")


def as_list(value):
    """None, one thing or several as a list. A string is one thing."""
    if value is None:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return [value]


def where(func):
    """The place in the source where a function is written, or None."""
    func = getattr(func, "__wrapped__", func)
    code = getattr(func, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else None


class TaskRunner:
    """One registered task: what its class says, and what other tasks add to it."""

    checkers = None

    def __init__(
        self,
        task=None,
        func=None,
        category=None,
        check=None,
        clean=None,
        config=None,
        depends=None,
        name=None,
        parent=None,
        short_description=None,
        description=None,
    ):
        self.task = task
        self.func = func
        self.name = name
        self.category = category.upper() if category else None
        self.clean = clean
        self.config = as_list(config)
        self.short_description = short_description or ""
        self.description = description
        self.checkers = as_list(check) or None
        self.force = False
        self.result = None
        self._depends = as_list(depends)
        self._gathered = []  # what has named this one as its parent, or was added later
        self._register()
        for each in as_list(parent):
            self.add_to_parent(each)

    def __repr__(self):
        return f"<TaskRunner {self.name}>"

    def _register(self):
        known = TASKS.get(self.name)
        if known is None:
            TASKS[self.name] = self
        elif known.func is None:
            # What takes the place of a virtual target takes over what it gathered.
            self._gathered.extend(known._depends + known._gathered)
            TASKS[self.name] = self
        elif self.func is None:
            known._gathered.extend(self._depends)
        elif type(known.task).__module__.startswith(("ixian.", "ixian_docker.")):
            # What ix brings gives way.
            self._gathered.extend(known._gathered)
            TASKS[self.name] = self
        else:
            _ixian.duplicate_task(self.name, where(known.func), where(self.func))
        _ixian.tasks_changed()

    @property
    def in_context(self):
        from ixian.config import CONFIG

        if self.task is None:
            # A target that exists only because others named it as their parent.
            return any(each.in_context for each in self.depends)
        contexts = self.task.contexts
        return contexts is True or CONFIG.RUN_CONTEXT in as_list(contexts)

    def add_dependency(self, *tasks):
        self._gathered.extend(tasks)
        _ixian.tasks_changed()

    def add_to_parent(self, name):
        """Make `name` depend on this task. A target of that name is made if there is none yet."""
        from ixian.config import CONFIG

        name = CONFIG.format(name) if isinstance(name, str) else getattr(name, "name", None)
        if not isinstance(name, str):
            raise InvalidTask(f"task {self.name} has a parent that is neither a task nor the name of one")
        parent = TASKS.get(name) or TaskRunner(name=name)
        parent.add_dependency(self)
        return parent

    def dependency_names(self):
        from ixian.config import CONFIG

        names = []
        for each in self._depends + self._gathered:
            name = CONFIG.format(each) if isinstance(each, str) else getattr(each, "name", None)
            if not isinstance(name, str):
                raise InvalidTask(f"task {self.name} depends on {each!r}, which is neither a task nor the name of one")
            if name or not each:  # a variable that is empty is no task
                names.append(name)
        return names

    @property
    def depends(self):
        return [TASKS[name] for name in self.dependency_names() if name in TASKS]

    def check(self, force=False):
        """(whether all checkers pass, the checkers)."""
        if not self.checkers:
            return False, None
        return not force and all(checker.check() for checker in self.checkers), self.checkers

    def state(self, shallow=True):
        return _ixian.task_state(self.name)

    def hash(self):
        return _ixian.task_hash(self.name)

    def execute(self, args, **kwargs):
        """
        Run this task and what it needs. `args` and the keywords that are no flags reach the task as they are. Raises AlreadyComplete when
        there is nothing to do.
        """
        flags = {key: bool(kwargs.pop(key, False)) for key in ("force", "force_all", "clean", "clean_all")}
        with _calls.Call(self, args, kwargs) as call:
            return _ixian.run_task(self.name, call.record(), flags)

    def __call__(self, *args, **kwargs):
        return self.execute(args, **kwargs)

    def tree(self, dedupe=True, flatten=True):
        """What this task stands on: {"name": …, "dependencies": […]}."""
        from ixian._task_tree import tree

        return tree(self, dedupe, flatten)

    def status(self, dedupe=True, flatten=True):
        """The tree with what its checkers say: `passes` and `checkers` of each task."""
        from ixian._task_tree import status

        return status(self, dedupe, flatten)

    def render_help(self, buffer):
        """Write the task's page to a file object."""
        from ixian._task_tree import render_help

        render_help(self, buffer)

    def render_status(self, buffer):
        """Write the tree with ✔ and ○ to a file object."""
        from ixian._task_tree import render_status

        render_status(self, buffer)


class Task:
    """
    Base class of tasks. A task has a `name` and an `execute` method; the class's docstring is its long description.

    category, short_description: shown by `ix help`.
    depends: names of the tasks that run first. parent: names of the tasks that this one belongs to.
    check: checkers that tell whether the task is complete. clean: removes what the task made.
    contexts: the values of RUN_CONTEXT that the task is for, or True. config: variables shown on its help page.
    takes_names: the words behind the task are names, and none of them an option.
    """

    __task__ = None
    __task_base__ = True  # in the class itself: it is there to be derived from, and is no task
    contexts = ["cli"]

    def __new__(cls, *args, **kwargs):
        instance = super().__new__(cls)
        if cls.__dict__.get("__task__") is None:
            cls.__task__ = instance._make_runner()
        return instance

    @property
    def __func__(self):
        return getattr(self, "execute", None)

    def _make_runner(self):
        cls = type(self)
        name = getattr(self, "name", None)
        if not isinstance(name, str) or not name:
            raise InvalidTask(f"task class {cls.__name__} has no name\nhint: give it one: name = \"…\"")
        func = self.__func__
        if func is None and not isinstance(self, VirtualTarget):
            raise InvalidTask(f"task {name} ({cls.__name__}) has no execute method\nhint: a target without one is a VirtualTarget")
        return TaskRunner(
            task=self,
            func=func,
            name=name,
            category=getattr(self, "category", None),
            depends=getattr(self, "depends", None),
            check=getattr(self, "check", None),
            clean=self._clean_function(),
            config=getattr(self, "config", None),
            parent=as_list(getattr(self, "parent", None)) + as_list(getattr(self, "parents", None)),
            short_description=getattr(self, "short_description", None) or getattr(self, "description", None),
            description=cls.__doc__ if cls.__doc__ is not Task.__doc__ else None,
        )

    def _clean_function(self):
        # `clean = remove_image` in a class body makes a method of a plain function that takes nothing.
        plain = getattr(type(self), "clean", None)
        code = getattr(plain, "__code__", None)
        if code is not None and code.co_argcount == 0 and not code.co_flags & 0x04:
            return plain
        return getattr(self, "clean", None)

    def __call__(self, *args, **kwargs):
        return type(self).__task__(*args, **kwargs)


class VirtualTarget(Task):
    """
    A name for a group of tasks: those it depends on, and those that name it as their parent. Targets of one name from several
    modules are one target; a task of that name takes its place and runs after them.
    """

    __task_base__ = True

    @property
    def __func__(self):
        return None
