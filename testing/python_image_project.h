// A project in a folder of its own, in whose ixian.py image tasks stand.
#pragma once

#include <string>

#include "files/fs.h"
#include "testing/python_project.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

// Called "shop". No task is registered, and none is left behind.
class PythonImageProject : public PythonProject {
 public:
  PythonImageProject() {
    script::session().folder = folder();
    run("import ixian.task, ixian.module, _ixian\n"
        "from ixian.task import Task, VirtualTarget\n"
        "from ixian_docker.modules.docker.stage import ImageTask\n"
        "from ixian.config import Literal\n"
        "from ixian.utils.decorators import classproperty\n"
        "CONFIG.__dict__.pop('PYTHON', None)\n"
        "CONFIG.PROJECT_NAME = 'shop'\n"
        "Config.PWD = Literal('" +
        folder() + "')\n");
    forget_tasks();
  }

  ~PythonImageProject() {
    run("Config.PWD = classproperty(lambda cls: Literal(_ixian.working_folder()))\n"
        "del CONFIG.PROJECT_NAME\n"
        "CONFIG.__dict__.pop('PYTHON', None)\n");
    forget_tasks();
  }

  const std::string& folder() const { return folder_.path(); }

  void write(const std::string& name, const std::string& content) {
    files::write_file_atomically(folder_ / name, content);
  }

  // As ixian.py is: its task classes register themselves.
  void define(const std::string& code) {
    run("space = {**globals(), '__name__': 'mine'}\nexec('''" + code +
        "''', space)\nixian.module.register_classes(space, only_from='mine')\n");
  }

  // As in a process that has never loaded it.
  void load(const std::string& module) {
    run("import sys\nsys.modules.pop('" + module + ".tasks', None)\nixian.module.load_module('" + module +
        "')\n");
  }

  void forget_tasks() { run("ixian.task.TASKS.clear(); ixian.module.MODULES.clear()"); }

 private:
  TempFolder folder_;
};

}  // namespace ixian::testing
