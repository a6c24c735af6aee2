#include "cli/project_file_page.h"

#include <utility>

namespace ixian::cli {

ManPage project_file_page(std::string version) {
  ManPage page;
  page.name = kProjectFile;
  page.section = 5;
  page.version = std::move(version);
  page.summary = "the tasks and images of a project";
  page.see_also = {"ix(1)", "ix-init(1)", "ix-plan(1)"};
  page.sections = {
      {"Description",
       "A project is a directory with a file `ixian.py`: Python, which ix reads before it runs anything. Its "
       "classes that "
       "derive from `Task` are the project's tasks. Its function `init()`, which has to be there, is called "
       "once the file "
       "has been read; it sets the configuration and loads modules. `ix init` writes a first one. "
       "`IXIAN_CONFIG` names "
       "another file.\n"
       "\n"
       "    from ixian.check import FileHash\n"
       "    from ixian.config import CONFIG\n"
       "    from ixian.module import load_module\n"
       "    from ixian.task import Task\n"
       "\n"
       "    def init():\n"
       "        load_module(\"ixian_docker.modules.docker\")\n"
       "        CONFIG.PROJECT_NAME = \"hello\"\n"
       "\n"
       "    class Sort(Task):\n"
       "        name = \"sort\"\n"
       "        check = FileHash(\"words.txt\", \"sorted.txt\")\n"
       "\n"
       "        def execute(self):\n"
       "            …"},
      {"Attributes of a task",
       "",
       {{"name", "Its name on the command line and in other tasks."},
        {"execute(self, …)",
         "What it does. The words behind its name on the command line are its arguments."},
        {"category, short_description", "The heading and the line under which `ix help` lists it."},
        {"config", "Variables that its help page shows with their values."},
        {"depends", "A name or a list of names: the tasks that run first."},
        {"parent", "A name or a list of names: the tasks that this one is a dependency of."},
        {"check", "A checker or a list of checkers, which decide whether the task is complete."},
        {"clean", "A method, or a function without arguments, that removes what the task made."},
        {"contexts", "The values of CONFIG.RUN_CONTEXT in which it may be run, or True for all."},
        {"takes_names", "True: none of its words is an option."}}},
      {"Checkers",
       "A task with checkers is skipped if it has succeeded before with the same arguments, if no dependency "
       "has run "
       "since, and if all its checkers pass. A task without checkers always runs.",
       {{"FileHash(*paths)",
         "Passes while the content of these files, directories or wildcards is what it was."},
        {"SingleKeyChecker, MultiValueChecker, Checker", "Base classes of own checkers."}}},
      {"Configuration",
       "`CONFIG` is a tree of values that a project and its modules share. Strings hold variables: "
       "`{DOCKER.REGISTRY}` is "
       "the value of `CONFIG.DOCKER.REGISTRY`. With the module `ixian_docker.modules.docker` a project has "
       "images:",
       {{"CONFIG.PROJECT_NAME", "What the project's images are called."},
        {"CONFIG.DOCKER.REGISTRY, CONFIG.DOCKER.REGISTRY_PATH", "Where they are pushed to and looked for."},
        {"CONFIG.DOCKER.REGISTRIES",
         "The registries in use, and their credentials; {} for those of `docker login`."},
        {"CONFIG.DOCKER.PUSH", "What a build pushes unless --push or --no-push is given."},
        {"CONFIG.DOCKER.ENGINE", "embedded, or docker for the Docker daemon."}}},
      {"Files",
       "",
       {{".builder", "The states of the tasks; without it, all run again. Not for version control."}}}};
  return page;
}

}  // namespace ixian::cli
