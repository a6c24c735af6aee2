// Variables as far as they are known while a key is made: a value may be unknown (of an image that is not
// there, of a stage argument, whose value depends on a registry), and what depends on it is unknown too. An
// ENV whose name is unknown may have set anything, so nothing is known after it.
#include "keys/partial_scope.h"

#include "dockerfile/expand_word.h"

namespace ixian::keys {
namespace {

// What every image begins with that does not say otherwise.
constexpr char kPath[] = "PATH";
constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

PartialScope::PartialScope(const stages::GlobalScope& global, PartialEnvironment base, IsOpaque is_opaque)
    : global_(&global), is_opaque_(is_opaque), values_(std::move(base)) {
  if (values_.complete) values_.values.emplace(kPath, kDefaultPath);
  image_ = values_;
}

std::optional<std::string> PartialScope::expand(const base::Word& word, const base::SourcePtr& source) const {
  bool known = true;
  const auto look_up = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = values_.values.find(name);
    if (found == values_.values.end()) {
      known = known && values_.complete;
      return std::nullopt;
    }
    known = known && found->second.has_value();
    return found->second;
  };
  dockerfile::ExpandMode mode;
  mode.escape = global_->escape();
  try {
    const std::string text = dockerfile::expand_word(word, look_up, mode, *source).text;
    return known ? std::optional(text) : std::nullopt;
  } catch (const base::Error&) {
    if (known) throw;
    return std::nullopt;  // ${NAME:?…} of what the base image may well set
  }
}

void PartialScope::apply(const dockerfile::Env& env, const base::SourcePtr& source) {
  // All words see the values from before the instruction.
  std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>> pairs;
  for (const auto& variable : env.variables)
    pairs.emplace_back(expand(variable.key, source), expand(variable.value, source));
  for (auto& [name, value] : pairs) {
    if (!name) {
      forget_all();
      continue;
    }
    values_.values[*name] = value;
    image_.values[*name] = std::move(value);
  }
}

void PartialScope::apply(const dockerfile::Arg& arg, const base::SourcePtr& source) {
  const auto& build_args = global_->options().build_args;
  for (const auto& declaration : arg.declarations) {
    const std::string& name = declaration.name.text;
    std::optional<std::string> value;
    if (const auto given = build_args.find(name); given != build_args.end()) {
      value = given->second;
    } else if (declaration.value) {
      value = expand(*declaration.value, source);
    } else {
      value = global_->value(name);
      if (!value) continue;  // as the base has it, if it does
    }
    // It stands for an image's name, which differs from registry to registry.
    if (value && is_opaque_(*value)) value.reset();
    values_.values[name] = std::move(value);
  }
}

void PartialScope::forget_all() {
  for (PartialEnvironment* all : {&values_, &image_}) {
    all->complete = false;
    all->values.clear();
  }
}

}  // namespace ixian::keys
