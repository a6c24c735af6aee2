// What a Dockerfile offers to whoever builds it: its targets, and the parameters of one of them. As
// BuildKit's frontend answers `docker build --call targets` and `--call outline`. Nothing is run or asked.
#pragma once

#include <string>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "stages/scope.h"

namespace ixian::stages {

struct ListedTarget {
  std::string name;         // "" has none
  bool is_default = false;  // the last one
  std::string description;  // of the comment right before FROM that begins with the name
  std::string base;         // as it is written
  std::string platform;     // likewise, "" is none
  base::SourceRange where;
};
std::vector<ListedTarget> list_targets(const dockerfile::Dockerfile& file);

struct Outline {
  struct Argument {
    std::string name, value, description;
    base::SourceRange where;
  };
  // A secret, an SSH agent or a cache that a RUN mounts.
  struct Mount {
    std::string id;
    bool required = false;
    base::SourceRange where;
  };
  std::string name, description;    // of the target
  std::vector<Argument> arguments;  // each in the order of the file
  std::vector<Mount> secrets, ssh, caches;
};

// Of the target and of all stages that it needs. What a base image sets counts as unset. Throws Error for an
// unknown target, and where an instruction of these stages cannot be evaluated.
Outline outline(const dockerfile::Dockerfile& file, const GlobalScope& global, const std::string& target);

}  // namespace ixian::stages
