// An image task as its class declares it: plain data, before any file is read or any registry asked.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ixian::task {

// A build argument whose value is the image of another image task.
struct StageArgument {
  enum class Part { kImage, kRepository, kTag };
  std::string name;  // "BASE_IMAGE", "FROM_REPOSITORY", "FROM_TAG"
  std::string task;  // "build_base_image"
  Part part = Part::kImage;

  friend bool operator==(const StageArgument&, const StageArgument&) = default;
};

// A name that means something else than a stage or an image of that name: exactly one of the others.
struct StageContext {
  std::string name;
  std::string image{};   // the name of an image
  std::string remote{};  // the URL of a git repository or an archive
  std::string folder{};  // an absolute directory

  friend bool operator==(const StageContext&, const StageContext&) = default;
};

struct StageDeclaration {
  std::string name;        // "runtime": the image's tag is <name>-<key>
  std::string repository;  // "registry.local/shop/web": where the image is named, looked for and pushed to

  std::string dockerfile;       // its text; templates are rendered
  std::string dockerfile_name;  // what messages call it: "Dockerfile.base"
  std::string dockerfile_path;  // absolute, where its own .dockerignore would be beside it; "" is nowhere

  std::string context;                 // an absolute folder; "" is none
  std::vector<StageContext> contexts;  // in the order of their names
  std::string target;                  // of the Dockerfile; "" is its last stage
  std::string platform;                // "linux/arm64"; "" is this machine's

  std::map<std::string, std::string> build_args;
  std::vector<StageArgument> stage_args;  // on offer: in the key only if the Dockerfile declares them

  // Patterns as FileHash has them, of files that count in the key though the Dockerfile does not read them.
  std::vector<std::string> files;

  std::vector<std::string> ssh;  // "default", "ID=/socket" or "ID=/key,/key", for RUN --mount=type=ssh
  std::map<std::string, std::string> secrets;  // id → "env:NAME" or "file:/path", for RUN --mount=type=secret

  friend bool operator==(const StageDeclaration&, const StageDeclaration&) = default;
};

}  // namespace ixian::task
