// A checker in Python is asked for its state, which is compared here, unless its class has a check() of its
// own; that one finds the saved state in the session, under the object's address, while it runs. FileHash,
// which nearly every task has, does without Python altogether.
#include "script/py_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sha256.h"
#include "base/text.h"
#include "config/interpolate.h"
#include "script/errors.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

// Long lists of keys are told apart by a hash.
std::string make_id(const std::string& type, const std::string& label) {
  constexpr std::size_t kLongest = 300;
  if (label.size() <= kLongest) return type + ":" + label;
  return type + ":" + label.substr(0, label.rfind(',', kLongest / 2)) + ",…" +
         base::sha256_hex(label).substr(0, 12);
}

class PyChecker : public task::Checker {
  template <typename Body>
  auto call(Body body) {
    try {
      return call_python(body);
    } catch (const base::Error& error) {
      throw base::Error(error.code(), fmt::format("checker {} raised {}", type_, error.message()),
                        error.context());
    }
  }

 public:
  PyChecker(py::object checker, std::string type, bool own_check, bool own_save)
      : checker_(std::move(checker)), type_(std::move(type)), own_check_(own_check), own_save_(own_save) {}

  ~PyChecker() override {
    py::gil_scoped_acquire gil;
    checker_ = py::object();
  }

  std::string id() override {
    return call([&] {
      return make_id(type_, to_bytes(py::module_::import("ixian._boot").attr("checker_label")(checker_)));
    });
  }

  base::Json state() override {
    return call([&] { return to_json(checker_.attr("state")()); });
  }

  bool check(const base::Json* saved) override {
    if (!own_check_) return compare(saved);
    return call([&] {
      auto& compared = session().compared_with;
      compared[checker_.ptr()] = saved;
      struct Forget {
        std::map<PyObject*, const base::Json*>& map;
        PyObject* key;
        ~Forget() { map.erase(key); }
      } forget{compared, checker_.ptr()};
      return py::bool_(checker_.attr("check")()).cast<bool>();
    });
  }

  bool contributes_to_key() override {
    return call([&] {
      return py::bool_(py::getattr(checker_, "contribute_to_task_state", py::bool_(true))).cast<bool>();
    });
  }

  void on_saved() override {
    if (own_save_) call([&] { checker_.attr("save")(); });
  }

 private:
  // Asked also before the first success, so that a checker that raises does so before the task runs.
  bool compare(const base::Json* saved) {
    const base::Json now = state();
    return saved != nullptr && now == *saved;
  }

  py::object checker_;
  const std::string type_;
  const bool own_check_;
  const bool own_save_;
};

// FileHash, for which Python only says which files it is about; and that only once where its keys hold no
// configuration.
class FileHashChecker : public task::Checker {
 public:
  explicit FileHashChecker(py::object checker) : checker_(std::move(checker)) {
    const auto raw = to_strings(checker_.attr("_keys"));
    const bool fixed =
        std::none_of(raw.begin(), raw.end(), [](const auto& key) { return config::needs_rendering(key); });
    if (fixed) fixed_keys_ = raw;
  }

  ~FileHashChecker() override {
    py::gil_scoped_acquire gil;
    checker_ = py::object();
  }

  std::string id() override {
    std::vector<std::string> names;
    for (const auto& key : keys()) names.push_back(base::printable_path(inside_project(key)));
    return make_id("FileHash", base::join(names, ","));
  }

  base::Json state() override { return session().hasher().hash(keys(), false).state; }
  bool check(const base::Json* saved) override {
    const base::Json now =
        state();  // also before the first success: what cannot be read is told before the task runs
    return saved != nullptr && now == *saved;
  }
  bool contributes_to_key() override { return true; }
  base::Json details() override { return session().hasher().hash(keys(), true).details; }

 private:
  std::vector<std::string> keys() {
    if (!fixed_keys_.empty()) return fixed_keys_;
    return call_python([&] { return to_strings(checker_.attr("keys")); });
  }

  py::object checker_;
  std::vector<std::string> fixed_keys_;
};

// An instance of FileHash itself that nothing has been hung on.
bool is_plain_file_hash(py::handle checker) {
  static PyObject* const type =
      py::object(py::module_::import("ixian.modules.filesystem.file_hash").attr("FileHash")).release().ptr();
  return reinterpret_cast<PyObject*>(Py_TYPE(checker.ptr())) == type &&
         py::len(checker.attr("__dict__")) == 1;
}

}  // namespace

std::shared_ptr<task::Checker> make_checker(py::object checker) {
  if (is_plain_file_hash(checker)) return std::make_shared<FileHashChecker>(std::move(checker));
  const py::tuple traits = py::module_::import("ixian._boot").attr("checker_traits")(checker);
  return std::make_shared<PyChecker>(std::move(checker), to_bytes(traits[2]), traits[0].cast<bool>(),
                                     traits[1].cast<bool>());
}

}  // namespace ixian::script
