// Which variables of a Dockerfile's stage have a value that can be told without its base image.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stages/scope.h"

namespace ixian::keys {

// What is known of the environment that a stage begins with.
struct PartialEnvironment {
  // nullopt: the variable is set, nobody knows to what.
  std::map<std::string, std::optional<std::string>, std::less<>> values;
  bool complete = false;  // what is not among them is not set
};

// A stages::StageScope that may say "unknown", and that never refuses a value because it does not know
// it. Copied where a stage stands on another one. The GlobalScope and `is_opaque` must outlive it.
class PartialScope {
 public:
  // Values of build arguments for which `is_opaque` says so count as unknown: they stand for something else.
  using IsOpaque = bool (*)(std::string_view value);

  PartialScope(const stages::GlobalScope& global, PartialEnvironment base, IsOpaque is_opaque);

  // The value of a word, nullopt where it depends on what is unknown. Throws Error at the word, in `source`.
  std::optional<std::string> expand(const base::Word& word, const base::SourcePtr& source) const;

  void apply(const dockerfile::Env& env, const base::SourcePtr& source);
  void apply(const dockerfile::Arg& arg, const base::SourcePtr& source);

  // What an image of this stage would begin with: its base's and what ENV set.
  const PartialEnvironment& image_environment() const { return image_; }

 private:
  void forget_all();

  const stages::GlobalScope* global_;
  IsOpaque is_opaque_;
  PartialEnvironment values_;  // ENV and ARG
  PartialEnvironment image_;
};

}  // namespace ixian::keys
