// Python is part of the program: the interpreter is linked in, its standard library is the system's package,
// and Ixian's own modules are frozen into the binary. Its configuration is isolated, so that neither PYTHON*
// variables nor site files decide how ix behaves. PYTHONPATH and the directories of packages are added here,
// in the order in which `site` would: running it costs time at each start, and it runs what packages have
// left there.
//
// Signals are ours. After the start the GIL is released, and everybody takes it who needs it.
#include "script/interpreter.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>
#include <sys/stat.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "script/errors.h"
#include "script/frozen.h"
#include "script/interrupt.h"
#include "script/native_module.h"
#include "script/session.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

bool started = false;

bool exists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

std::vector<std::string> search_paths(const InterpreterOptions& options) {
  const std::string stdlib = IXIAN_PYTHON_STDLIB;
  std::vector<std::string> paths = options.import_path;
  const std::string python_path = base::environment_variable("PYTHONPATH").value_or("");
  for (std::string_view entry : base::split(python_path, ':')) {
    if (!entry.empty()) paths.emplace_back(entry);
  }
  paths.push_back(stdlib);
  paths.push_back(stdlib + "/lib-dynload");
  std::vector<std::string> packages;
  if (const auto venv = base::environment_variable("VIRTUAL_ENV").value_or(""); !venv.empty()) {
    packages.push_back(venv + "/lib/python3.11/site-packages");
  }
  if (const auto home = base::environment_variable("HOME").value_or(""); !home.empty()) {
    packages.push_back(home + "/.local/lib/python3.11/site-packages");
  }
  packages.push_back("/usr/local/lib/python3.11/dist-packages");
  packages.push_back("/usr/lib/python3/dist-packages");
  for (auto& folder : packages) {
    if (exists(folder)) paths.push_back(std::move(folder));
  }
  return paths;
}

// What sys.executable says: tasks start scripts of their own with it.
std::string python_program() {
  if (const auto venv = base::environment_variable("VIRTUAL_ENV").value_or("");
      !venv.empty() && exists(venv + "/bin/python3")) {
    return venv + "/bin/python3";
  }
  return exists("/usr/bin/python3.11") ? "/usr/bin/python3.11" : "/usr/bin/python3";
}

// The table that Python's importer looks through. Alive as long as the process.
_frozen* frozen_table() {
  static std::vector<_frozen> table = [] {
    std::vector<_frozen> rows;
    for (const auto& module : frozen_modules()) {
      rows.push_back({module.name, module.code, static_cast<int>(module.size), module.is_package, nullptr});
    }
    rows.push_back({nullptr, nullptr, 0, 0, nullptr});
    return rows;
  }();
  return table.data();
}

class Configuration {
 public:
  Configuration() { PyConfig_InitIsolatedConfig(&config); }
  ~Configuration() { PyConfig_Clear(&config); }

  void set(wchar_t** field, const std::string& value) {
    require(PyConfig_SetBytesString(&config, field, value.c_str()));
  }
  void append(PyWideStringList& list, const std::string& value) {
    wchar_t* wide = Py_DecodeLocale(value.c_str(), nullptr);
    if (wide != nullptr) require(PyWideStringList_Append(&list, wide));
    PyMem_RawFree(wide);
  }
  static void require(PyStatus status) {
    if (PyStatus_Exception(status)) {
      throw base::Error(
          base::ErrorCode::kProject,
          fmt::format(
              "cannot start Python: {}\nhint: check that the package libpython3.11-stdlib is installed",
              status.err_msg == nullptr ? "unknown reason" : status.err_msg));
    }
  }

  PyConfig config;
};

void initialise(const InterpreterOptions& options) {
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  // Whatever the locale is: a project's files are UTF-8 on all machines.
  before.utf8_mode = 1;
  Configuration::require(Py_PreInitialize(&before));

  Configuration configuration;
  PyConfig& config = configuration.config;
  config.site_import = 0;
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  config.pathconfig_warnings = 0;
  config.module_search_paths_set = 1;
  for (const auto& path : search_paths(options)) configuration.append(config.module_search_paths, path);
  for (const auto& arg : options.argv) configuration.append(config.argv, arg);
  const std::string program = python_program();
  configuration.set(&config.program_name, program);
  configuration.set(&config.executable, program);
  configuration.set(&config.base_executable, program);
  for (wchar_t** field :
       {&config.prefix, &config.base_prefix, &config.exec_prefix, &config.base_exec_prefix}) {
    configuration.set(field, "/usr");
  }
  configuration.set(&config.home, "/usr");
  configuration.set(&config.stdlib_dir, IXIAN_PYTHON_STDLIB);
  configuration.set(&config.platlibdir, "lib");
  Configuration::require(Py_InitializeFromConfig(&config));
}

}  // namespace

bool python_started() {
  return started;
}

void start_python(const InterpreterOptions& options) {
  if (!exists(std::string(IXIAN_PYTHON_STDLIB) + "/encodings")) {
    throw base::Error(
        base::ErrorCode::kProject,
        fmt::format("Python's standard library is not in {}\nhint: install the package libpython3.11-stdlib",
                    IXIAN_PYTHON_STDLIB));
  }
  // Both before Python starts: it reads them once.
  PyImport_FrozenModules = frozen_table();
  register_native_module();
  initialise(options);
  started = true;
  try {
    prepare_interrupts();
    py::module_ boot = py::module_::import("ixian._boot");
    boot.attr("take_over")();
    py::object hook = boot.attr("LoggingHook")();
    py::module_::import("sys").attr("meta_path").attr("insert")(0, hook);
  } catch (py::error_already_set& exception) {
    throw base::Error(base::ErrorCode::kProject, "cannot start Python", exception.what());
  }
  PyEval_SaveThread();
}

void finish_python(bool may_write) {
  if (!started) return;
  if (may_write && has_session()) session().save_file_cache();
  try {
    call_python([] { py::module_::import("ixian._boot").attr("finish")(); });
  } catch (const std::exception&) {
    // The last words of a program that is ending anyway.
  } catch (const Complete&) {
  }
}

}  // namespace ixian::script
