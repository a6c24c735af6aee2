// StageScope::resolve: what each instruction does with its words.
#include <stdexcept>

#include "dockerfile/expand_word.h"
#include "dockerfile/file_mode.h"
#include "dockerfile/go_values.h"
#include "pattern/ignore_rules.h"
#include "stages/add_source.h"
#include "stages/remote_source.h"
#include "stages/scope.h"

namespace ixian::stages {
namespace {

// A file of a mebibyte whose every word expands to a mebibyte would take more memory than there is.
constexpr std::size_t kMostExpandedBytes = 64 << 20;

// Build args of BuildKit that are no variables.
bool is_no_variable(std::string_view name) {
  return name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE";
}

bool is_sha256(std::string_view digest) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return digest.starts_with(kAlgorithm) && digest.size() == kAlgorithm.size() + 64 &&
         digest.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == std::string_view::npos;
}

}  // namespace

class StageScope::Resolver {
 public:
  Resolver(StageScope& scope, const base::Source& source, Resolved& resolved)
      : scope_(scope), source_(source), resolved_(resolved) {}

  void operator()(dockerfile::Env& env) {
    // All words see the values from before the instruction.
    expand_pairs(env.variables);
    for (const dockerfile::KeyValue& variable : env.variables)
      scope_.set(variable.key.text, variable.value.text, true);
  }
  void operator()(dockerfile::Label& label) { expand_pairs(label.labels); }
  void operator()(dockerfile::Arg& arg) {
    for (dockerfile::ArgDeclaration& declaration : arg.declarations) declare(declaration);
  }
  void operator()(dockerfile::Add& add) {
    expand_transfer(add);
    expand(add.checksum);
    check_sources(add);
    check_checksum(add);
  }
  void operator()(dockerfile::Copy& copy) {
    expand_transfer(copy);
    for (const base::Word& source : copy.sources) {
      if (!std::holds_alternative<ContextPath>(classify(source))) {
        fail(source, "COPY cannot copy from a URL\nhint: use ADD");
      }
    }
  }
  void operator()(dockerfile::Run& run) {
    run.mounts.clear();
    for (const base::Word& flag : run.mount_flags) {
      run.mounts.push_back(dockerfile::parse_mount(flag, source_, [&](const std::string& field) {
        base::Word word{field, flag.at};
        expand(word);
        return word.text;
      }));
      dockerfile::Mount& mount = run.mounts.back();
      if (mount.kind == dockerfile::MountKind::kCache)
        mount.id = scope_.global_->cache_mount_prefix() + mount.id;
    }
    dockerfile::number_ssh_mounts(run.mounts);
  }
  void operator()(dockerfile::Expose& expose) {
    expose.ports.clear();
    for (const base::Word& word : expose.words) {
      for (const std::string& port : expanded(word).words) {
        const auto ports = dockerfile::parse_ports(port);
        if (!ports) {
          fail(word, "invalid port \"" + base::shown(port) +
                         "\" (expected: PORT or FIRST-LAST, then /tcp, /udp, /sctp or nothing)");
        }
        expose.ports.insert(expose.ports.end(), ports->begin(), ports->end());
        if (expose.ports.size() > kMostPorts) fail(word, "EXPOSE of more ports than there are");
      }
    }
  }
  void operator()(dockerfile::User& user) { expand(user.user); }
  void operator()(dockerfile::Workdir& workdir) { expand(workdir.path); }
  void operator()(dockerfile::Volume& volume) {
    for (base::Word& path : volume.paths) {
      expand(path);
      if (path.empty()) fail(path, "empty path for VOLUME");
    }
  }
  void operator()(dockerfile::StopSignal& signal) {
    expand(signal.signal);
    if (!dockerfile::is_signal(signal.signal.text)) {
      fail(signal.signal, "unknown signal: \"" + base::shown(signal.signal.text) + "\"");
    }
  }
  void operator()(dockerfile::Cmd&) {}
  void operator()(dockerfile::Entrypoint&) {}
  void operator()(dockerfile::Healthcheck&) {}
  void operator()(dockerfile::Maintainer&) {}
  void operator()(dockerfile::OnBuild&) {}
  void operator()(dockerfile::Shell&) {}

 private:
  static constexpr std::size_t kMostPorts = 3 * 65536;

  [[noreturn]] void fail(const base::Word& word, const std::string& sentence) const {
    throw source_.error(word.at, sentence);
  }

  dockerfile::Expansion expanded(const base::Word& word, bool is_content = false) {
    dockerfile::ExpandMode mode;
    // In a heredoc's content the escape directive does not count, and quotes are text.
    mode.escape = is_content ? '\\' : scope_.global_->escape();
    mode.quotes_are_plain = is_content;
    dockerfile::Expansion result = dockerfile::expand_word(
        word, [this](std::string_view name) { return scope_.value(name); }, mode, source_);
    resolved_.used.insert(result.found.begin(), result.found.end());
    for (const std::string& name : result.missing) {
      // An ARG without a value is known, and empty on purpose.
      if (scope_.declared_names_.find(name) == scope_.declared_names_.end()) resolved_.undefined.insert(name);
    }
    scope_.expanded_bytes_ += result.text.size();
    if (scope_.expanded_bytes_ > kMostExpandedBytes)
      fail(word, "the words of this stage expand to more than 64 MiB");
    return result;
  }

  void expand(base::Word& word) {
    if (!word.empty()) word.text = expanded(word).text;
  }

  void expand_pairs(std::vector<dockerfile::KeyValue>& pairs) {
    for (dockerfile::KeyValue& pair : pairs) {
      expand(pair.key);
      expand(pair.value);
      if (pair.key.empty()) fail(pair.key, "empty name");
    }
  }

  // Turns the refusal of a value into an error at its word.
  template <typename Check>
  auto check(const base::Word& word, const Check& check) const {
    try {
      return check(word);
    } catch (const std::invalid_argument& error) {
      throw source_.error(word.at, error.what());
    }
  }

  void expand_transfer(dockerfile::CopyBase& transfer) {
    for (base::Word& source : transfer.sources) expand(source);
    expand(transfer.destination);
    expand(transfer.chown);
    expand(transfer.chmod);
    for (dockerfile::InlineFile& file : transfer.inline_files) {
      if (file.expand) file.content = expanded({file.content, file.at}, true).text;
    }
    check(transfer.chmod, [](const base::Word& word) {
      if (!word.empty()) dockerfile::FileMode mode(word.text);
    });
    for (const base::Word& pattern : transfer.excludes) {
      check(pattern, [](const base::Word& word) { pattern::IgnoreRules::from_patterns({word.text}); });
    }
  }

  AddSource classify(const base::Word& source) const {
    return check(source, [](const base::Word& word) { return classify_source(word.text); });
  }

  void check_sources(const dockerfile::Add& add) const {
    for (const base::Word& source : add.sources) {
      check(source, [&](const base::Word& word) { return remote_source(word.text, "", add.keep_git_dir); });
    }
  }

  void check_checksum(const dockerfile::Add& add) const {
    if (add.checksum.empty()) return;
    if (add.sources.size() != 1 || !add.inline_files.empty())
      fail(add.checksum, "--checksum needs exactly 1 source");
    const std::string& source = add.sources.front().text;
    const auto remote = check(add.checksum, [&](const base::Word& checksum) {
      return remote_source(source, checksum.text, add.keep_git_dir);
    });
    if (!remote) {
      fail(add.checksum, "--checksum needs a URL or a git repository as source, not files of the context");
    }
    if (std::holds_alternative<UrlSource>(classify(add.sources.front())) && !is_sha256(add.checksum.text)) {
      fail(add.checksum,
           "invalid value \"" + base::shown(add.checksum.text) +
               "\" for --checksum of a URL (expected: sha256: and 64 hexadecimal digits in small letters)");
    }
  }

  // A build arg, else the default, else what the global scope has.
  void declare(dockerfile::ArgDeclaration& arg) {
    const std::string& name = arg.name.text;
    const auto& build_args = scope_.global_->options().build_args;
    std::optional<std::string> value;
    if (const auto given = build_args.find(name); given != build_args.end()) {
      value = given->second;
      scope_.used_build_args_.insert(name);
    } else if (arg.value) {
      value = expanded(*arg.value).text;
    } else {
      // An ARG before the first FROM counts in a stage only where it is declared again.
      value = scope_.global_->value(name);
    }
    // An ARG without a value is not set at all: ${X-default} then counts.
    if (value) {
      if (!is_no_variable(name)) scope_.set(name, *value, false);
      arg.value = base::Word{*value, arg.value ? arg.value->at : arg.name.at};
    }
    if (scope_.declared_names_.insert(name).second) scope_.declared_.push_back(name);
  }

  StageScope& scope_;
  const base::Source& source_;
  Resolved& resolved_;
};

StageScope::Resolved StageScope::resolve(const dockerfile::Instruction& instruction,
                                         const base::SourcePtr& source) {
  Resolved resolved{instruction, {}, {}};
  const base::SourcePtr& place = source ? source : global_->source();
  std::visit(Resolver(*this, *place, resolved), resolved.instruction.body);
  return resolved;
}

}  // namespace ixian::stages
