#include "cli/build_options.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"

namespace ixian::cli {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLargestDockerfile = 1 << 20;

[[noreturn]] void usage(const std::string& sentence) {
  throw Error(ErrorCode::kUsage, sentence);
}

// "a=b,c=d" with double quotes around fields that hold commas, as CSV has it.
std::vector<std::pair<std::string, std::string>> fields(const std::string& flag, const std::string& text) {
  std::vector<std::pair<std::string, std::string>> all;
  std::string field;
  bool quoted = false;
  const auto finish = [&] {
    const std::size_t equals = field.find('=');
    if (field.empty()) usage(fmt::format("{} {} has an empty field.", flag, text));
    all.emplace_back(field.substr(0, equals), equals == std::string::npos ? "" : field.substr(equals + 1));
    field.clear();
  };
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      finish();
    } else {
      field += c;
    }
  }
  finish();
  return all;
}

engine::SecretSource parse_secret(const std::string& text) {
  engine::SecretSource secret;
  std::string type;
  for (const auto& [key, value] : fields("--secret", text)) {
    if (key == "id") {
      secret.id = value;
    } else if (key == "src" || key == "source") {
      secret.file = value;
    } else if (key == "env") {
      secret.environment = value;
    } else if (key == "type" && (value == "file" || value == "env")) {
      type = value;
    } else {
      usage(
          fmt::format("--secret has no {}={}; write id=NAME,src=FILE or id=NAME,env=VARIABLE.", key, value));
    }
  }
  if (secret.id.empty()) usage("--secret needs an id: id=NAME,src=FILE or id=NAME,env=VARIABLE.");
  if (!secret.file.empty() && !secret.environment.empty())
    usage(fmt::format("The secret {} comes from a file or from a variable, not from both.", secret.id));
  // Docker's own rule: without a place, the variable of that name, else the file.
  if (secret.file.empty() && secret.environment.empty()) {
    if (type == "env" || (type.empty() && ::getenv(secret.id.c_str()) != nullptr)) {
      secret.environment = secret.id;
    } else {
      secret.file = secret.id;
    }
  } else if (type == "env" && secret.environment.empty()) {
    secret.environment = std::exchange(secret.file, "");
  }
  if (!secret.file.empty()) secret.file = base::absolute_path(secret.file, base::current_directory());
  return secret;
}

oci::Reference image_name(const std::string& flag, const std::string& text) {
  if (text.empty()) usage(fmt::format("{} needs a name.", flag));
  oci::Reference name = oci::parse_reference(text);
  if (name.digest) usage("A digest is made from the content; give the image a tag.");
  if (name.tag.empty()) name.tag = "latest";
  return name;
}

BuildOutput parse_output(const std::string& text) {
  BuildOutput output;
  if (text == "-") return {BuildOutput::Kind::kRootTar, "-", {}};
  if (text.find('=') == std::string::npos) {
    output.kind = text.ends_with(".tar") ? BuildOutput::Kind::kRootTar : BuildOutput::Kind::kRootFolder;
    output.destination = text;
    return output;
  }
  std::string type;
  bool tar = true;
  for (const auto& [key, value] : fields("--output", text)) {
    if (key == "type") {
      type = value;
    } else if (key == "dest") {
      output.destination = value;
    } else if (key == "name") {
      // Several have commas between, in quotes: "name=a:1,b:2".
      for (const std::string_view name : base::split(value, ','))
        output.names.push_back(image_name("--output name=", std::string(name)));
    } else if (key == "tar" && (value == "true" || value == "false")) {
      tar = value == "true";
    } else {
      usage(fmt::format("--output has no {}={}; there are type, dest, name and tar.", key, value));
    }
  }
  if (type == "image") {
    output.kind = BuildOutput::Kind::kImage;
  } else if (type == "registry") {
    output.kind = BuildOutput::Kind::kRegistry;
  } else if (type == "oci") {
    output.kind = tar ? BuildOutput::Kind::kArchive : BuildOutput::Kind::kLayout;
  } else if (type == "docker") {
    output.kind = BuildOutput::Kind::kArchive;
  } else if (type == "tar") {
    output.kind = BuildOutput::Kind::kRootTar;
  } else if (type == "local") {
    output.kind = BuildOutput::Kind::kRootFolder;
  } else {
    usage(fmt::format("--output type={} is not known; there are image, registry, oci, docker, tar and local.",
                      type));
  }
  if (output.kind == BuildOutput::Kind::kImage || output.kind == BuildOutput::Kind::kRegistry) {
    if (!output.destination.empty()) usage(fmt::format("--output type={} has no dest.", type));
  } else if (output.destination.empty()) {
    usage(fmt::format("--output type={} needs dest=PATH.", type));
  }
  if (output.destination == "-" && output.kind != BuildOutput::Kind::kRootTar)
    usage(fmt::format("--output type={} cannot go to standard output; name a file.", type));
  return output;
}

std::pair<std::string, std::string> key_value(const std::string& flag, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0) usage(fmt::format("{} {} has no name.", flag, text));
  return {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

std::string read_standard_input() {
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kLargestDockerfile) usage("What came on standard input is too long for a Dockerfile.");
  }
  return text;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& args) : args_(args) {}

  BuildOptions run() {
    while (next_ < args_.size()) take(args_[next_++]);
    if (positional_.size() != 1)
      usage("It is: " + build_usage() + ". The context is a folder, mostly \".\".");
    read_files();
    if (options_.outputs.empty()) options_.outputs.emplace_back();
    check_pushes();
    if (reproducible_ && !options_.job.source_date_epoch) options_.job.source_date_epoch = 0;
    return std::move(options_);
  }

 private:
  void check_pushes() {
    bool only_pushes = true;
    for (const BuildOutput& output : options_.outputs) {
      const bool pushes = output.kind == BuildOutput::Kind::kRegistry;
      only_pushes = only_pushes && pushes;
      if (pushes && options_.names.empty() && output.names.empty())
        usage("--push needs to know where to: name the image with -t REGISTRY/NAME:TAG.");
    }
    options_.job.lazy_layers = only_pushes;
  }

  void take(const std::string& arg) {
    if (!only_positional_ && arg == "--") {
      only_positional_ = true;
    } else if (only_positional_ || arg == "-" || !arg.starts_with('-')) {
      positional_.push_back(arg);
    } else {
      take_option(arg);
    }
  }

  void take_option(const std::string& arg) {
    engine::StageJob& job = options_.job;
    std::string name = arg;
    inline_value_.reset();
    if (arg.starts_with("--")) {
      const std::size_t equals = arg.find('=');
      name = arg.substr(0, equals);
      if (equals != std::string::npos) inline_value_ = arg.substr(equals + 1);
    } else if (arg.size() > 2) {
      name = arg.substr(0, 2);
      inline_value_ = arg.substr(arg[2] == '=' ? 3 : 2);
    }
    if (name == "-t" || name == "--tag") {
      options_.names.push_back(image_name(name, value(name)));
    } else if (name == "-f" || name == "--file") {
      file_ = value(name);
    } else if (name == "-o" || name == "--output") {
      options_.outputs.push_back(parse_output(value(name)));
    } else if (name == "--target") {
      job.target = value(name);
    } else if (name == "--build-arg") {
      take_build_arg(value(name));
    } else if (name == "--secret") {
      job.secrets.push_back(parse_secret(value(name)));
    } else if (name == "--label") {
      const auto [label, text] = key_value(name, value(name));
      job.labels.insert_or_assign(label, text);
    } else if (name == "--platform") {
      const oci::Platform platform = oci::parse_platform(value(name));
      if (job.platform && job.platform->text() != platform.text())
        usage("--platform names one platform; build once for each.");
      job.platform = platform;
    } else if (name == "--network") {
      job.network = network(value(name));
    } else if (name == "--allow") {
      allow(value(name));
    } else if (name == "--no-cache") {
      job.no_cache = flag(name);
    } else if (name == "--no-cache-filter") {
      const std::string stages = inline_or_next(name);
      for (std::string_view stage : base::split(stages, ','))
        job.no_cache_stages.insert(base::to_lower(stage));
    } else if (name == "--pull") {
      job.pull = flag(name);
    } else if (name == "--push") {
      if (flag(name)) options_.outputs.push_back({BuildOutput::Kind::kRegistry, "", {}});
    } else if (name == "--cache-from") {
      job.cache_from.push_back(value(name));
    } else if (name == "--cache-to") {
      const std::string repository = value(name);
      if (!job.cache_to.empty() && job.cache_to != repository)
        usage("--cache-to names one repository. Several may be read from, by --cache-from.");
      job.cache_to = repository;
    } else if (name == "--iidfile") {
      options_.id_file = value(name);
    } else if (name == "--metadata-file") {
      options_.metadata_file = value(name);
    } else if (name == "--reproducible") {
      reproducible_ = flag(name);
    } else {
      usage(fmt::format("There is no option {} here. It is: {}", name, build_usage()));
    }
  }

  std::string inline_or_next(const std::string& name) {
    if (inline_value_) return *inline_value_;
    if (next_ == args_.size()) usage(fmt::format("{} needs a value.", name));
    return args_[next_++];
  }

  std::string value(const std::string& name) {
    std::string text = inline_or_next(name);
    if (text.empty()) usage(fmt::format("{} needs a value.", name));
    return text;
  }

  bool flag(const std::string& name) const {
    if (!inline_value_ || *inline_value_ == "true") return true;
    if (*inline_value_ == "false") return false;
    usage(fmt::format("{} takes no value.", name));
  }

  void take_build_arg(const std::string& text) {
    const auto [name, given] = key_value("--build-arg", text);
    if (text.find('=') != std::string::npos) {
      options_.job.build_args.insert_or_assign(name, given);
    } else if (const char* inherited = ::getenv(name.c_str())) {
      options_.job.build_args.insert_or_assign(name, inherited);
    }
  }

  void allow(const std::string& text) {
    if (text != "new-privileges") {
      usage(
          fmt::format("--allow is new-privileges, not {}: what runs in a build stays in its sandbox.", text));
    }
    options_.job.new_privileges = true;
  }

  static engine::BuildNetwork network(const std::string& text) {
    if (text == "default") return engine::BuildNetwork::kDefault;
    if (text == "none") return engine::BuildNetwork::kNone;
    if (text == "host") return engine::BuildNetwork::kHost;
    usage(fmt::format("--network is default, none or host, not {}.", text));
  }

  void read_files() {
    engine::StageJob& job = options_.job;
    const std::string here = base::current_directory();
    const std::string& context = positional_[0];
    if (context.find("://") != std::string::npos || context.starts_with("git@"))
      usage(fmt::format("The context {} is no folder of this machine. Fetch it first: git clone.", context));
    if (context != "-") {
      job.context = base::absolute_path(context, here);
      struct stat status;
      if (::stat(job.context.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        usage(fmt::format("The context {} is no folder.", context));
    }
    if (context == "-" || file_ == "-") {
      if (context == "-" && !file_.empty() && file_ != "-")
        usage("The Dockerfile is read from standard input or from -f, not from both.");
      job.dockerfile_name = "Dockerfile";
      job.dockerfile = read_standard_input();
    } else {
      job.dockerfile_path = file_.empty() ? job.context + "/Dockerfile" : base::absolute_path(file_, here);
      job.dockerfile_name = file_.empty() ? "Dockerfile" : file_;
      auto text = base::read_file(job.dockerfile_path);
      if (!text) {
        usage(file_.empty() ? fmt::format("There is no Dockerfile in {}. Name it with -f.", context)
                            : fmt::format("There is no file {}.", file_));
      }
      job.dockerfile = std::move(*text);
    }
    if (const char* epoch = ::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
      const std::string_view text = epoch;
      std::int64_t seconds = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (error != std::errc() || end != text.data() + text.size() || seconds < 0)
        usage(fmt::format("SOURCE_DATE_EPOCH is seconds since 1970, not {}.", text));
      job.source_date_epoch = seconds;
    }
  }

  const std::vector<std::string>& args_;
  std::size_t next_ = 0;
  std::optional<std::string> inline_value_;
  bool only_positional_ = false;
  bool reproducible_ = false;
  std::string file_;
  std::vector<std::string> positional_;
  BuildOptions options_;
};

}  // namespace

BuildOptions parse_build_options(const std::vector<std::string>& args) {
  return Parser(args).run();
}

std::string build_usage() {
  return "ix build [-f FILE] [-t NAME]… [options] CONTEXT";
}

}  // namespace ixian::cli
