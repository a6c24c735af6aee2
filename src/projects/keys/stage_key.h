// The name of an image before it is built: a digest of all that goes into it.
//
// The front door of this room. In: an image as a project declares it (task::ImageStage). Out: a
// ResolvedStage, whose key names the image before it is built. A StageResolver asks for what the Dockerfile
// takes from outside (dockerfile_inputs.h), digests what it reads of the context (context_inputs.h), and
// writes both into one document (key_document.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "base/json.h"
#include "keys/dockerfile_inputs.h"
#include "task/graph.h"
#include "task/stage_declaration.h"

namespace ixian::keys {

// Changes whenever the meaning of a key's document does.
inline constexpr int kStageKeySchema = 2;

struct ResolvedStage {
  task::TaskId id = task::TaskGraph::kNone;
  task::StageDeclaration declared;

  // SHA-256 in hex of the canonical document
  //   {"schema", "stage", "platform",
  //    "dockerfile": [{"from", "platform" where it is another one, "do": [[keyword and flags], [words],
  //    [heredoc]…]}] of the stages that the target needs, the triggers of their bases among their
  //    instructions; origins are digests, keys, or places in this list, see dockerfile::canonical(),
  //    "escape" where it is not a backslash,
  //    "arguments": {name: value, or {"stage": key, "name": stage, "part"} for one that stands for another
  //    stage} of those that these stages see,
  //    "images": [{"stage": key, "name": stage} or {"digest"}] of every FROM, COPY --from and mount
  //    that the target needs, "context": {path: "<git mode> <hex of content>"} of exactly the files that the
  //    target's instructions read, "files": {path: …} of those that the task names,
  //    "contexts": {"NAME=path": …} of named contexts, where there are any,
  //    "remote": [[address without a login, what it is now]…] of what they ADD from elsewhere}
  // Text that is not UTF-8 is {"escaped": its lines as base::printable_path() shows them}.
  // Never in it: absolute paths, times, owners, umask, the machine, the user, the registry, the names of
  // images, the engine, secrets.
  std::string key;
  // The document, and beside it what is in no key, "shown": {"lines": [where each of the stages and
  // instructions stands], "images": {digest or key: name}}: what `ix why` compares.
  base::Json inputs;

  std::vector<task::TaskId> stages;         // image tasks whose image it stands on or copies from, once each
  std::vector<std::string> foreign_images;  // names of the others
  std::map<std::string, std::string> pinned;  // of these, name → the digest that is in the key
  std::uint64_t context_bytes = 0;

  // What the engine is given: the build arguments that the Dockerfile has a use for, those that stand for
  // stages with the names of their images. An argument that is declared with a value hides one on offer.
  std::map<std::string, std::string> arguments;

  std::string tag() const { return declared.name + "-" + key; }
  std::string image() const { return declared.repository + ":" + tag(); }
};

struct KeyCallbacks {
  // The digest ("sha256:…") of a foreign image as it is now. May be called by several threads. Throws
  // Error{kRegistry} where there is none and nothing is known of it.
  std::function<std::string(const std::string& image, const std::string& platform)> foreign_digest;

  // What a foreign image means for a Dockerfile that stands on it. It never changes for a digest:
  // `known_base` says it without asking anybody, nullopt where that cannot be; `foreign_base` asks, in
  // parallel. Null: such an image has no triggers and sets no variables.
  std::function<std::optional<BaseFacts>(const std::string& digest, const std::string& platform)> known_base;
  std::function<BaseFacts(const std::string& image, const std::string& digest, const std::string& platform)>
      foreign_base;

  // What a source of ADD is now, as a text that is the same on every machine. Asked in parallel. Null:
  // nothing.
  std::function<std::string(const stages::RemoteSource& source)> remote_identity;

  // FileHash's details of patterns: path → "<mode> <hex of content>".
  std::function<base::Json(const std::vector<std::string>& patterns)> file_details;

  // Patterns of .dockerignore that hold for every context of the project, after its own: "/.builder".
  std::vector<std::string> excluded;

  base::EventSink& sink;  // warnings: unused build arguments, a .git that is copied; what is odd in a
                          // Dockerfile whose key cannot be made, once
  base::Cancellation& cancellation;

  // SHA-256 in hex of an open regular file: FileHasher::content_digest. Called by several threads. Null:
  // every file is read.
  std::function<std::string(int fd, const std::string& name)> content_digest = nullptr;

  // Whether that a key cannot be made is an error of this run, so that warnings may explain it; it is no news
  // where nobody is asked. Null: it is.
  std::function<bool()> explains = nullptr;
};

// The keys of a graph's image tasks, each made once, when it is first asked for. Thread-safe: one thread
// makes keys, others wait, so who holds an interpreter's lock must let go of it before asking. A task's
// image_stage may itself ask for the key of another task.
class StageResolver {
 public:
  StageResolver(const task::TaskGraph& graph, KeyCallbacks sources);

  // With the keys of the stages that it stands on. Contexts are read, and foreign images asked about, in
  // parallel. Stays valid as long as this. Throws Error that names the task: a Dockerfile that cannot be
  // parsed, a file that is not there, stages that need each other.
  const ResolvedStage& of(task::TaskId id);

  // The keys of several at once: what they wait for, they wait for together. Throws what of() does.
  void make(const std::vector<task::TaskId>& ids);

  // After a task has run that may have written what keys read. Digests of foreign images stay as they are.
  void forget();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// What is offered to Dockerfiles of the project: the value of a stage argument where the image is `image`
// ("registry.local/shop/web:base-…").
std::string argument_value(const task::StageArgument& argument, const std::string& image);

}  // namespace ixian::keys
