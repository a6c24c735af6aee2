// The namespaces that building happens in, which a process can only enter while it has one thread.
#pragma once

namespace ixian::app {

// Called first of all. `needed`: the command is one that needs them, unless the project has a task of that
// name, which is not loaded yet. So where there is a project nothing happens here.
void enter_own_namespaces(bool needed, bool project_exists);

// For whoever is about to build: where the namespaces have not been entered, starts this program anew, in
// place, which then does that first. Nothing may have been done yet that is not to be done twice.
void require_own_namespaces();

bool has_own_namespaces();

// Whether require_own_namespaces() has started this program: the project has been loaded before, and whatever
// it has to say has been said.
bool is_reexec();

// While it lives, the standard output and error output lead nowhere.
class MutedStdio {
 public:
  MutedStdio();
  ~MutedStdio();
  MutedStdio(const MutedStdio&) = delete;
  MutedStdio& operator=(const MutedStdio&) = delete;

 private:
  int output_ = -1;
  int errors_ = -1;
};

}  // namespace ixian::app
