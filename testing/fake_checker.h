// A checker whose state a test sets.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "task/checker.h"

namespace ixian::testing {

// Set the plain members before the checker is used by another thread.
class FakeChecker : public task::Checker {
 public:
  explicit FakeChecker(base::Json state = 1, std::string id = "Fake:it")
      : now(std::move(state)), name(std::move(id)) {}

  std::string id() override { return name; }
  base::Json state() override {
    const Use use(*this);
    ++asked;
    if (on_state) on_state();
    return compute ? compute() : now;
  }
  bool check(const base::Json* saved) override {
    ++checked;
    if (on_check) on_check();
    return passes_without_record ? saved == nullptr || state() == *saved
                                 : saved != nullptr && state() == *saved;
  }
  bool contributes_to_key() override { return contributes; }
  void on_saved() override { ++times_saved; }
  base::Json details() override { return facts; }

  base::Json now;
  std::string name;
  base::Json facts = base::Json::object();
  bool contributes = true;
  bool passes_without_record = false;
  std::function<base::Json()> compute;  // instead of `now`
  std::function<void()> on_state;
  std::function<void()> on_check;

  std::atomic<int> asked{0};
  std::atomic<int> checked{0};
  std::atomic<int> times_saved{0};
  std::atomic<int> users{0};
  std::atomic<bool> used_by_two{false};

 private:
  struct Use {
    explicit Use(FakeChecker& used) : checker(used) {
      if (++checker.users > 1) checker.used_by_two = true;
    }
    ~Use() { --checker.users; }
    FakeChecker& checker;
  };
};

}  // namespace ixian::testing
