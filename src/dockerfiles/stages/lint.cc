// The checks walk over the file once. What a check must remember of a stage (its SHELL, its last CMD) is kept
// in StageNotes, which a stage inherits from the one it stands on, as BuildKit does.
#include "stages/lint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.h"
#include "pattern/path_match.h"
#include "stages/check_options.h"

namespace ixian::stages {
namespace {

using Variables = std::set<std::string>;

// A stage inherits all variables of the one below it, and every scope is kept. So in a file of more stages
// the variables are not looked at.
constexpr std::size_t kMostScopes = 200;

bool is_lower(std::string_view text) {
  return base::to_lower(text) == text;
}
bool is_upper(std::string_view text) {
  return base::to_upper(text) == text;
}

// Whether one of `words` is a part of the name between underscores.
bool has_part(std::string_view name, const std::set<std::string_view>& words) {
  const std::string lower = base::to_lower(name);
  const auto parts = base::split(lower, '_');
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return words.count(part) > 0; });
}

bool looks_secret(std::string_view name) {
  static const std::set<std::string_view> secret = {
      "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"};
  // What makes a name harmless that has such a word: PUBLIC_KEY, TOKEN_FILE.
  static const std::set<std::string_view> harmless = {"public", "file", "version"};
  return has_part(name, secret) && !has_part(name, harmless);
}

// Whether an image can have this name, as far as can be seen without the rules of references.
bool may_name_image(std::string_view name) {
  return !name.empty() && std::string_view(":/@").find(name.back()) == std::string_view::npos &&
         std::string_view(":/@-.").find(name.front()) == std::string_view::npos &&
         name.find("//") == std::string_view::npos && name.find_first_of(" \t$") == std::string_view::npos;
}

std::string meant(const std::string& name, const std::vector<std::string>& names, const std::string& prefix) {
  // The nearest of very many names is found slowly, and says little.
  if (name.size() > 64 || names.size() > 500) return "";
  const std::vector<std::string> near = base::suggestions(name, names);
  return near.empty() ? "" : " (did you mean " + prefix + near.front() + "?)";
}

struct StageNotes {
  std::optional<StageScope> scope;  // nullopt: the base is not known
  bool has_shell = false;
  bool has_workdir = false;
  std::optional<base::Position> cmd, entrypoint, healthcheck;
};

class Linter {
 public:
  Linter(const dockerfile::Dockerfile& file, const GlobalScope& global, const LintInputs& inputs)
      : file_(file), global_(global), inputs_(inputs), options_(file, global.check_options()) {}

  LintReport run() {
    for (const base::Position& at : file_.empty_continuations)
      warn("NoEmptyContinuation", "Empty continuation line", at, {});
    check_casing();
    check_default_bases();
    for (const dockerfile::Instruction& arg : file_.global_args) check_description(arg);
    for (const dockerfile::Stage& stage : file_.stages) {
      try {
        check(stage);
      } catch (const base::Error&) {
        // See the header.
      }
    }
    std::stable_sort(report_.warnings.begin(), report_.warnings.end(),
                     [](const Warning& a, const Warning& b) { return a.at < b.at; });
    add_last_lines();
    report_.is_error = options_.errors() && !report_.warnings.empty();
    return std::move(report_);
  }

 private:
  using Comments = std::vector<std::string>;

  void add_last_lines() {
    std::map<base::Position, int> last_lines;
    const auto add = [&](const base::SourceRange& where) { last_lines[where.begin] = where.last_line; };
    for (const dockerfile::Instruction& each : file_.global_args) add(each.where);
    for (const dockerfile::Stage& stage : file_.stages) {
      add(stage.where);
      for (const dockerfile::Instruction& each : stage.instructions) add(each.where);
    }
    for (Warning& warning : report_.warnings) {
      const auto found = last_lines.find(warning.at);
      warning.last_line = found == last_lines.end() ? warning.at.line : found->second;
    }
  }

  void warn(std::string rule, std::string message, base::Position at, const Comments& comments) {
    if (options_.skips(rule, comments)) return;
    report_.warnings.push_back({std::move(rule), std::move(message), at});
  }

  // The comment right above it, which is its description for whoever lists the targets of a file.
  void check_description(const std::string& instruction, const std::vector<std::string>& names,
                         const Comments& comments, base::Position at) {
    constexpr const char* kRule = "InvalidDefinitionDescription";
    if (!options_.asks_for(kRule) || names.empty() || comments.empty()) return;
    const std::string_view comment = comments.back();
    const std::string_view first = comment.substr(0, comment.find(' '));
    if (std::find(names.begin(), names.end(), first) != names.end()) return;
    report_.warnings.push_back({kRule,
                                "Comment for " + instruction + " should follow the format: `# " +
                                    (names.size() > 1 ? "<arg_key>" : base::shown(names.front())) +
                                    " <description>`",
                                at});
  }

  void check_description(const dockerfile::Instruction& instruction) {
    std::vector<std::string> names;
    for (const dockerfile::ArgDeclaration& declaration :
         std::get<dockerfile::Arg>(instruction.body).declarations)
      names.push_back(declaration.name.text);
    check_description("ARG", names, instruction.comments, instruction.where.begin);
  }

  template <typename Visit>
  void for_each_keyword(const Visit& visit) const {
    for (const dockerfile::Stage& stage : file_.stages) {
      visit(stage.keyword, stage.where.begin, stage.comments);
      for (const dockerfile::Instruction& instruction : stage.instructions) {
        visit(instruction.name, instruction.where.begin, instruction.comments);
      }
    }
  }

  void check_casing() {
    std::size_t lower = 0;
    std::size_t upper = 0;
    for_each_keyword([&](const std::string& keyword, base::Position, const Comments&) {
      if (is_lower(keyword)) {
        ++lower;
      } else if (is_upper(keyword)) {
        ++upper;
      }
    });
    // In doubt capitals, as everybody writes them.
    const bool want_lower = lower > upper;
    for_each_keyword([&](const std::string& keyword, base::Position at, const Comments& comments) {
      if (want_lower ? is_lower(keyword) : is_upper(keyword)) return;
      warn("ConsistentInstructionCasing",
           "Command '" + base::shown(keyword) + "' should match the case of the command majority (" +
               (want_lower ? "lowercase)" : "uppercase)"),
           at, comments);
    });
  }

  // What FROM names when no build arg is given.
  void check_default_bases() {
    ScopeOptions plain = global_.options();
    // Whoever builds without arguments gets the defaults, and these are to be good.
    plain.build_args.clear();
    const GlobalScope defaults(file_, plain);
    for (const dockerfile::Stage& stage : file_.stages) {
      if (stage.base.text.find('$') == std::string::npos) continue;
      try {
        if (may_name_image(defaults.expand(stage.base).text)) continue;
      } catch (const base::Error&) {
        continue;  // ${X:?message}, which is what is wanted
      }
      warn(kInvalidDefaultArg,
           "Default value for ARG " + base::shown(stage.base.text) +
               " results in empty or invalid base image name",
           stage.base.at, stage.comments);
    }
  }

  void check(const dockerfile::Stage& stage) {
    check_names(stage);
    const std::string base = check_expanded(stage, stage.base, stage.where.begin).text;
    if (!stage.platform.empty()) check_platform(stage);
    check_base(stage, base);

    StageNotes notes = notes_of_base(stage, base);
    for (const dockerfile::Instruction& instruction : stage.instructions) check(instruction, notes);
    // Of each stage anew; what its SHELL and WORKDIR are is inherited.
    notes.cmd = notes.entrypoint = notes.healthcheck = std::nullopt;
    if (!stage.name.empty()) notes_[stage.name] = std::move(notes);
  }

  StageNotes notes_of_base(const dockerfile::Stage& stage, const std::string& base) {
    if (const auto found = notes_.find(base::to_lower(base)); found != notes_.end()) return found->second;
    StageNotes notes;
    if (file_.stages.size() > kMostScopes) return notes;
    const auto known = inputs_.bases.find(stage.index);
    if (known != inputs_.bases.end()) {
      notes.scope.emplace(global_, known->second.environment);
    } else if (base == "scratch") {
      notes.scope.emplace(global_, std::vector<std::string>());
    }
    return notes;
  }

  void check_names(const dockerfile::Stage& stage) {
    if (stage.name.empty()) return;
    const base::Position at = stage.where.begin;
    check_description("FROM", {stage.name}, stage.comments, at);
    if (stage.written_name != stage.name) {
      warn("StageNameCasing", "Stage name '" + base::shown(stage.written_name) + "' should be lowercase", at,
           stage.comments);
    }
    const bool consistent = is_lower(stage.keyword) || is_upper(stage.keyword);
    if (consistent && (is_lower(stage.keyword) ? !is_lower(stage.as_keyword) : !is_upper(stage.as_keyword))) {
      warn("FromAsCasing",
           "'" + stage.as_keyword + "' and '" + stage.keyword + "' keywords' casing do not match", at,
           stage.comments);
    }
    if (stage.name == "scratch" || stage.name == "context") {
      warn("ReservedStageName",
           "Stage name should not use the same name as reserved stage \"" + stage.name + "\"", at,
           stage.comments);
    }
    if (!seen_names_.insert(stage.name).second) {
      warn("DuplicateStageName",
           "Duplicate stage name \"" + base::shown(stage.name) + "\", stage names should be unique", at,
           stage.comments);
    }
  }

  dockerfile::Expansion check_expanded(const dockerfile::Stage& stage, const base::Word& word,
                                       base::Position at) {
    dockerfile::Expansion expansion = global_.expand(word);
    if (expansion.missing.empty()) return expansion;
    const std::vector<std::string> names = global_.names();
    for (const std::string& name : expansion.missing) {
      if (std::binary_search(names.begin(), names.end(), name)) continue;
      warn("UndefinedArgInFrom",
           "FROM argument '" + base::shown(name) + "' is not declared" + meant(name, names, ""), at,
           stage.comments);
    }
    return expansion;
  }

  void check_base(const dockerfile::Stage& stage, const std::string& name) {
    const auto known = inputs_.bases.find(stage.index);
    if (known == inputs_.bases.end() || known->second.platform.empty()) return;
    const auto machine = [](const std::string& platform) {  // without its variant
      const std::size_t slash = platform.find('/');
      return platform.substr(0, slash == std::string::npos ? slash : platform.find('/', slash + 1));
    };
    const auto& [environment, platform, wanted] = known->second;
    if (machine(platform) == machine(wanted)) return;
    warn("InvalidBaseImagePlatform",
         "Base image " + base::shown(name) + " was pulled with platform \"" + platform + "\", expected \"" +
             wanted + "\" for current build",
         stage.where.begin, stage.comments);
  }

  void check_platform(const dockerfile::Stage& stage) {
    const dockerfile::Expansion platform = check_expanded(stage, stage.platform, stage.where.begin);
    if (platform.missing.empty() && platform.found == Variables{"TARGETPLATFORM"} &&
        platform.text == global_.value("TARGETPLATFORM")) {
      warn("RedundantTargetPlatform",
           "Setting platform to predefined " + base::shown(stage.platform.text) +
               " in FROM is redundant as this is the default behavior",
           stage.where.begin, stage.comments);
    }
    if (platform.found.empty() && platform.missing.empty()) {
      const auto parts = base::split(platform.text, '/');
      // A stage "build-arm64" says itself that it is for one platform.
      const bool named = std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
        return !part.empty() && stage.name.find(part) != std::string::npos;
      });
      if (named) return;
      warn("FromPlatformFlagConstDisallowed",
           "FROM --platform flag should not use constant value \"" + base::shown(platform.text) + "\"",
           stage.where.begin, stage.comments);
    }
  }

  void check(const dockerfile::Instruction& instruction, StageNotes& notes) {
    const base::Position at = instruction.where.begin;
    const std::string name(dockerfile::keyword(instruction.body));
    const auto tell = [&](const char* rule, std::string message) {
      warn(rule, std::move(message), at, instruction.comments);
    };
    const auto once = [&](std::optional<base::Position>& last) {
      // At the earlier one, which is without effect.
      if (last) {
        warn("MultipleInstructionsDisallowed",
             "Multiple " + name +
                 " instructions should not be used in the same stage because only the last one will be used",
             *last, instruction.comments);
      }
      last = at;
    };
    const auto prefer_json = [&](const dockerfile::CommandLine& command) {
      // Whoever sets SHELL means the shell form.
      if (!command.shell || notes.has_shell) return;
      tell("JSONArgsRecommended", "JSON arguments recommended for " + name +
                                      " to prevent unintended behavior related to OS signals");
    };

    std::optional<StageScope::Resolved> resolved;
    if (notes.scope) resolved = notes.scope->resolve(instruction);
    if (resolved && !resolved->undefined.empty()) tell_undefined(resolved->undefined, *notes.scope, tell);

    if (const auto* env = std::get_if<dockerfile::Env>(&instruction.body)) {
      check_pairs(env->variables, name, tell);
      for (const dockerfile::KeyValue& pair : env->variables) check_secret(pair.key.text, name, tell);
    } else if (const auto* label = std::get_if<dockerfile::Label>(&instruction.body)) {
      check_pairs(label->labels, name, tell);
    } else if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body)) {
      check_description(instruction);
      for (const dockerfile::ArgDeclaration& declaration : arg->declarations)
        check_secret(declaration.name.text, name, tell);
    } else if (const auto* cmd = std::get_if<dockerfile::Cmd>(&instruction.body)) {
      once(notes.cmd);
      prefer_json(cmd->command);
    } else if (const auto* entrypoint = std::get_if<dockerfile::Entrypoint>(&instruction.body)) {
      once(notes.entrypoint);
      prefer_json(entrypoint->command);
    } else if (std::holds_alternative<dockerfile::Healthcheck>(instruction.body)) {
      once(notes.healthcheck);
    } else if (std::holds_alternative<dockerfile::Shell>(instruction.body)) {
      notes.has_shell = true;
    } else if (std::holds_alternative<dockerfile::Maintainer>(instruction.body)) {
      tell("MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label");
    } else if (const auto* workdir = std::get_if<dockerfile::Workdir>(&instruction.body)) {
      // A path that begins with a variable is nobody's guess where its value is not known.
      const std::string path =
          resolved ? std::get<dockerfile::Workdir>(resolved->instruction.body).path.text : workdir->path.text;
      if (!notes.has_workdir && !path.starts_with('/') && !path.starts_with('$')) {
        tell("WorkdirRelativePath", "Relative workdir \"" + base::shown(path) +
                                        "\" can have unexpected results if the base image changes");
      }
      notes.has_workdir = true;
    } else if (const auto* expose = std::get_if<dockerfile::Expose>(&instruction.body)) {
      for (const base::Word& word : expose->words) check_port(word.text, tell);
    } else if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body)) {
      if (copy->from.empty())
        check_ignored(resolved ? std::get<dockerfile::Copy>(resolved->instruction.body) : *copy, "Copy",
                      tell);
    } else if (const auto* add = std::get_if<dockerfile::Add>(&instruction.body)) {
      check_ignored(resolved ? std::get<dockerfile::Add>(resolved->instruction.body) : *add, "Add", tell);
    }
  }

  template <typename Tell>
  void check_pairs(const std::vector<dockerfile::KeyValue>& pairs, const std::string& name,
                   const Tell& tell) const {
    for (const dockerfile::KeyValue& pair : pairs) {
      if (!pair.legacy) continue;
      tell("LegacyKeyValueFormat",
           "\"" + name + " key=value\" should be used instead of legacy \"" + name + " key value\" format");
    }
  }

  template <typename Tell>
  void check_secret(const std::string& variable, const std::string& name, const Tell& tell) const {
    if (!looks_secret(variable)) return;
    tell("SecretsUsedInArgOrEnv", "Do not use ARG or ENV instructions for sensitive data (" + name + " \"" +
                                      base::shown(variable) + "\")");
  }

  template <typename Tell>
  void check_port(const std::string& port, const Tell& tell) const {
    if (const std::size_t slash = port.find('/');
        slash != std::string::npos && port.find('$') == std::string::npos && !is_lower(port.substr(slash))) {
      tell("ExposeProtoCasing",
           "Defined protocol '" + base::shown(port) + "' in EXPOSE instruction should be lowercase");
    }
    if (port.find(':') != std::string::npos && port.find('$') == std::string::npos) {
      tell("ExposeInvalidFormat",
           "EXPOSE instruction should not define an IP address or host-port mapping, found '" +
               base::shown(port) + "'");
    }
  }

  template <typename Tell>
  void check_ignored(const dockerfile::CopyBase& transfer, const std::string& verb, const Tell& tell) const {
    // Where a rule takes something out again, an excluded folder may well be copied.
    if (inputs_.ignored == nullptr || inputs_.ignored->has_exceptions()) return;
    for (const base::Word& source : transfer.sources) {
      if (source.text.find('$') != std::string::npos || source.text.find("://") != std::string::npos)
        continue;
      std::string path = pattern::clean_path("/" + source.text);
      path.erase(0, 1);
      if (path.empty()) {
        // The context itself, which is empty where everything in it is left out.
        if (!inputs_.ignored->excludes_everything()) continue;
        path = ".";
      } else if (!inputs_.ignored->excludes(path)) {
        continue;
      }
      tell("CopyIgnoredFile",
           "Attempting to " + verb + " file \"" + base::shown(path) + "\" that is excluded by .dockerignore");
    }
  }

  template <typename Tell>
  void tell_undefined(const Variables& undefined, const StageScope& scope, const Tell& tell) const {
    std::vector<std::string> names;
    for (const Variable& variable : scope.run_environment()) names.push_back(variable.first);
    for (const std::string& name : undefined) {
      tell("UndefinedVar",
           "Usage of undefined variable '$" + base::shown(name) + "'" + meant(name, names, "$"));
    }
  }

  const dockerfile::Dockerfile& file_;
  const GlobalScope& global_;
  const LintInputs& inputs_;
  CheckOptions options_;
  LintReport report_;
  std::set<std::string> seen_names_;
  std::map<std::string, StageNotes> notes_;
};

}  // namespace

LintReport lint(const dockerfile::Dockerfile& file, const GlobalScope& global, const LintInputs& inputs) {
  return Linter(file, global, inputs).run();
}

LintReport check_file(const std::string& text, const std::string& name, const ScopeOptions& options) {
  LintReport report;
  std::optional<base::Error> failure;
  try {
    dockerfile::parse(text, name);
  } catch (const base::Error& error) {
    failure = error;
  }
  try {
    const auto file = dockerfile::parse_until_error(text, name);
    if (file) report = lint(*file, GlobalScope(*file, options));
  } catch (const base::Error& error) {
    if (!failure) failure = error;
  }
  report.failure = std::move(failure);
  return report;
}

std::string line_of(const Warning& warning, const std::string& file) {
  return file + ":" + std::to_string(warning.at.line) + ": " + warning.message + " (" + warning.rule + ")";
}

}  // namespace ixian::stages
