#include "commands/build_options.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "commands/build_option_values.h"
#include "dockerfile/go_values.h"
#include "files/fs.h"
#include "files/output_path.h"
#include "files/text_file.h"

namespace ixian::commands {
namespace {

[[noreturn]] void usage(const std::string& sentence) {
  throw base::Error(base::ErrorCode::kUsage, sentence);
}

std::pair<std::string, std::string> key_value(const std::string& flag, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0) usage(fmt::format("{} {} has no name.", flag, text));
  return {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

constexpr std::size_t kTarBlock = 512;

[[noreturn]] void refuse_archive() {
  usage(
      "What came on standard input is an archive. A context is a folder: unpack it first, `mkdir context && "
      "tar "
      "-x -C context && ix build context`.");
}

// A context as an archive, which docker build takes from standard input.
bool is_archive(std::string_view start) {
  using namespace std::string_view_literals;
  for (const std::string_view magic :
       {"\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ\0"sv, "\x28\xb5\x2f\xfd"sv, "PK\x03\x04"sv}) {
    if (start.starts_with(magic)) return true;
  }
  return start.size() > 262 && start.substr(257, 5) == "ustar";
}

std::string read_standard_input() {
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while ((count = ::read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) usage(fmt::format("Cannot read standard input: {}.", base::errno_text(errno)));
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kTarBlock && is_archive(text)) refuse_archive();
    if (text.size() > base::kMostText) usage("What came on standard input is too long for a Dockerfile.");
  }
  if (is_archive(text)) refuse_archive();
  return text;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& args) : args_(args) {}

  BuildOptions run() {
    while (next_ < args_.size()) take(args_[next_++]);
    if (positional_.empty()) {
      usage(
          "`ix build` needs a context, the folder that COPY reads from: mostly it is this one, `ix build .`; "
          "- "
          "is none, with the Dockerfile on standard input.");
    }
    if (positional_.size() > 1) {
      usage(fmt::format("`ix build` takes one context, and there are {}: {}.", positional_.size(),
                        base::join(positional_, ", ")));
    }
    read_files();
    if (options_.outputs.empty()) options_.outputs.emplace_back();
    check_pushes();
    if (reproducible_ && !options_.job.source_date_epoch) options_.job.source_date_epoch = 0;
    return std::move(options_);
  }

 private:
  void check_pushes() {
    bool only_pushes = true;
    for (const exporter::Output& output : options_.outputs) {
      const bool pushes = output.kind == exporter::Output::Kind::kRegistry;
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
    std::vector<std::string> known;
    for (const Option& option : kOptions) {
      known.emplace_back(option.name);
      if (name != option.name && (option.letter == 0 || name != std::string{'-', option.letter})) continue;
      name_ = option.name;
      if (option.take == nullptr)
        usage(fmt::format("`ix build` does not take {}. {}", option.name, option.instead));
      (this->*option.take)();
      return;
    }
    throw cli::unknown_option(arg, "build", known, build_usage());
  }

  template <typename Value>
  Value limit(Value (*parse)(const std::string&, std::string_view)) {
    try {
      return parse(std::string(name_), value());
    } catch (const std::invalid_argument& error) {
      usage(error.what());
    }
  }

  // The options, one function each where one line does not do.
  void tag() { options_.names.push_back(parse_image_name(name_, value())); }
  void file() { file_ = value(); }
  void output() {
    options_.outputs.push_back(parse_output(value()));
    const exporter::Output& output = options_.outputs.back();
    if (output.kind == exporter::Output::Kind::kRootTar || output.kind == exporter::Output::Kind::kArchive)
      output_file(output.destination);
  }
  void target() { options_.job.target = value(); }
  void build_arg() { take_build_arg(value()); }
  void secret() { options_.job.secrets.push_back(parse_secret(value())); }
  void label() {
    const auto [label, text] = key_value("--label", value());
    options_.job.labels.insert_or_assign(label, text);
  }
  void platform() {
    const std::string text = value();
    if (text.find(',') != std::string::npos) {
      usage(fmt::format(
          "An image of `ix build` is for one platform, not for {}. Build once with --platform for "
          "each, under names of their own.",
          text));
    }
    const oci::Platform platform = oci::parse_platform(text);
    if (options_.job.platform && options_.job.platform->text() != platform.text())
      usage("--platform names one platform; build once for each.");
    options_.job.platform = platform;
  }
  void network() { options_.job.network = parse_network(value()); }
  void memory() { options_.job.limits.memory = limit(engine::parse_memory_limit); }
  void pids_limit() { options_.job.limits.pids = limit(engine::parse_pids_limit); }
  void shm_size() { options_.job.limits.shm = limit(engine::parse_shm_size); }
  void ulimit() { options_.job.limits.ulimits.push_back(limit(engine::parse_ulimit)); }
  void allow() { parse_allow(value()); }
  void no_cache() { options_.job.no_cache = flag(); }
  void no_cache_filter() {
    const std::string stages = inline_or_next();
    for (std::string_view stage : base::split(stages, ','))
      options_.job.no_cache_stages.insert(base::to_lower(stage));
  }
  void pull() { options_.job.pull = flag(); }
  void push() {
    if (flag()) options_.outputs.push_back({exporter::Output::Kind::kRegistry, "", {}});
  }
  void cache_from() { options_.job.cache_from.push_back(cache_repository(value())); }
  void cache_to() {
    const std::string repository = cache_repository(value());
    if (!options_.job.cache_to.empty() && options_.job.cache_to != repository)
      usage("--cache-to names one repository. Several may be read from, by --cache-from.");
    options_.job.cache_to = repository;
  }
  void iidfile() { options_.id_file = output_file(value()); }
  void metadata_file() { options_.metadata_file = output_file(value()); }
  void fetch_limit() { options_.fetch_limits.bytes = limit(fetch::parse_fetch_limit); }
  void fetch_timeout() { options_.fetch_limits.time = limit(fetch::parse_fetch_timeout); }
  void reproducible() { reproducible_ = flag(); }
  void dry_run() { options_.dry_run = flag(); }

  // What ix does not do, asked not to be done; what it does anyway.
  void no_attestation() {
    const std::string text = inline_value_.value_or("true");
    if (text == "false") return;
    usage(
        fmt::format("`ix build` makes no attestations, so that {}={} cannot be. Leave it out.", name_, text));
  }
  void nothing_to_do() { flag(); }
  void progress() {
    const std::string how = value();
    usage(fmt::format("How progress is shown is said before the command: `ix --progress {} build …`.",
                      how == "rawjson" ? "json" : how));
  }

  // One row an option: of docker build and of buildx each is taken, or refused with what to do instead.
  struct Option {
    std::string_view name;
    char letter;
    void (Parser::*take)();  // null: refused
    std::string_view instead;
  };
  static const std::vector<Option> kOptions;

  // "type=registry,ref=HOST/NAME:TAG,mode=max" is how buildx has it.
  std::string cache_repository(const std::string& text) const {
    if (text.find('=') == std::string::npos) return text;
    std::string type = "registry";
    std::string ref;
    for (const auto& [key, field] : parse_fields(name_, text)) {
      if (key == "type") type = field;
      if (key == "ref") ref = field;
    }
    if (type != "registry" || ref.empty()) {
      usage(
          fmt::format("{} names a repository of a registry, {} HOST/NAME; ix knows no other cache for others "
                      "(type={}). On one machine the store is the cache.",
                      name_, name_, type));
    }
    usage(
        fmt::format("{} takes the repository alone: {} {}. The tags in it are ix's own, and it always holds "
                    "what every instruction came to, as mode=max.",
                    name_, name_, oci::parse_reference(ref).name()));
  }

  std::string output_file(std::string path) {
    const files::OutputPath place(path);  // throws what is wrong with it
    options_.fills_standard_output |= place.is_standard_output();
    return path;
  }

  std::string inline_or_next() {
    if (inline_value_) return *inline_value_;
    if (next_ == args_.size()) usage(fmt::format("{} needs a value.", name_));
    return args_[next_++];
  }

  std::string value() {
    std::string text = inline_or_next();
    if (text.empty()) usage(fmt::format("{} needs a value.", name_));
    return text;
  }

  bool flag() const {
    if (!inline_value_ || *inline_value_ == "true") return true;
    if (*inline_value_ == "false") return false;
    usage(fmt::format("{} takes no value but true and false.", name_));
  }

  void take_build_arg(const std::string& text) {
    const auto [name, given] = key_value("--build-arg", text);
    if (text.find('=') != std::string::npos) {
      options_.job.build_args.insert_or_assign(name, given);
    } else if (const char* inherited = ::getenv(name.c_str())) {
      options_.job.build_args.insert_or_assign(name, inherited);
    }
  }

  void parse_allow(const std::string& text) {
    if (text != "new-privileges") {
      usage(
          fmt::format("--allow is new-privileges, not {}: what runs in a build stays in its sandbox.", text));
    }
    options_.job.new_privileges = true;
  }

  static engine::BuildNetwork parse_network(const std::string& text) {
    if (text == "default") return engine::BuildNetwork::kDefault;
    if (text == "none") return engine::BuildNetwork::kNone;
    if (text == "host") return engine::BuildNetwork::kHost;
    usage(fmt::format("--network is default, none or host, not {}.", text));
  }

  void read_files() {
    engine::StageJob& job = options_.job;
    const std::string here = files::current_directory();
    const std::string& context = positional_[0];
    if (context.find("://") != std::string::npos || context.starts_with("git@"))
      usage(fmt::format("The context {} is no folder of this machine. Fetch it first: git clone.", context));
    if (context != "-") {
      job.context = files::absolute_path(context, here);
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
      job.dockerfile_path = file_.empty() ? job.context + "/Dockerfile" : files::absolute_path(file_, here);
      job.dockerfile_name = file_.empty() ? "Dockerfile" : file_;
      auto text = files::read_text(job.dockerfile_path, job.context);
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
  std::string name_;  // of the option that is being taken, in full
  std::optional<std::string> inline_value_;
  bool only_positional_ = false;
  bool reproducible_ = false;
  std::string file_;
  std::vector<std::string> positional_;
  BuildOptions options_;
};

const std::vector<Parser::Option> Parser::kOptions = {
    {"--tag", 't', &Parser::tag, ""},
    {"--file", 'f', &Parser::file, ""},
    {"--output", 'o', &Parser::output, ""},
    {"--target", 0, &Parser::target, ""},
    {"--build-arg", 0, &Parser::build_arg, ""},
    {"--secret", 0, &Parser::secret, ""},
    {"--label", 0, &Parser::label, ""},
    {"--platform", 0, &Parser::platform, ""},
    {"--network", 0, &Parser::network, ""},
    {"--memory", 'm', &Parser::memory, ""},
    {"--pids-limit", 0, &Parser::pids_limit, ""},
    {"--shm-size", 0, &Parser::shm_size, ""},
    {"--ulimit", 0, &Parser::ulimit, ""},
    {"--allow", 0, &Parser::allow, ""},
    {"--no-cache", 0, &Parser::no_cache, ""},
    {"--no-cache-filter", 0, &Parser::no_cache_filter, ""},
    {"--pull", 0, &Parser::pull, ""},
    {"--push", 0, &Parser::push, ""},
    {"--cache-from", 0, &Parser::cache_from, ""},
    {"--cache-to", 0, &Parser::cache_to, ""},
    {"--iidfile", 0, &Parser::iidfile, ""},
    {"--metadata-file", 0, &Parser::metadata_file, ""},
    {"--fetch-limit", 0, &Parser::fetch_limit, ""},
    {"--fetch-timeout", 0, &Parser::fetch_timeout, ""},
    {"--reproducible", 0, &Parser::reproducible, ""},
    {"--dry-run", 0, &Parser::dry_run, ""},
    {"--provenance", 0, &Parser::no_attestation, ""},
    {"--sbom", 0, &Parser::no_attestation, ""},
    {"--rm", 0, &Parser::nothing_to_do, ""},
    {"--force-rm", 0, &Parser::nothing_to_do, ""},
    {"--compress", 0, &Parser::nothing_to_do, ""},
    {"--disable-content-trust", 0, &Parser::nothing_to_do, ""},
    {"--progress", 0, &Parser::progress, ""},
    {"--quiet", 'q', nullptr,
     "Before the command it is `ix --progress quiet build …`; standard output has nothing but the digest "
     "anyway."},
    {"--load", 0, nullptr,
     "The image is kept in ix's own store. For Docker write `-o type=docker,dest=- . | docker load`, or let "
     "the "
     "daemon build: `ix --engine docker build …`."},
    {"--builder", 0, nullptr,
     "ix builds by itself: leave it out. `ix --engine docker build …` lets the Docker daemon build."},
    {"--debug", 'D', nullptr, "More is told by `ix --log DEBUG build …`."},
    {"--add-host", 0, nullptr,
     "A RUN knows the names that DNS knows: write the address itself, or pass it as --build-arg."},
    {"--annotation", 0, nullptr,
     "The images have no annotations; --label NAME=VALUE says it in the configuration."},
    {"--attest", 0, nullptr, "`ix build` makes no attestations: leave it out."},
    {"--build-context", 0, nullptr,
     "There is one context: copy what is missing into it, or build it as an image and name that in COPY "
     "--from."},
    {"--call", 0, nullptr, "`ix build` builds, and warns of what it finds wrong while it does."},
    {"--check", 0, nullptr, "`ix build` builds, and warns of what it finds wrong while it does."},
    {"--print", 0, nullptr, "`ix build` builds, and warns of what it finds wrong while it does."},
    {"--policy", 0, nullptr,
     "ix knows no policies for sources; a digest behind a name, or --checksum of ADD, pins one."},
    {"--cgroup-parent", 0, nullptr,
     "Start ix itself in the cgroup that is to hold it (systemd-run --scope)."},
    {"--cpu-period", 0, nullptr,
     "Start ix itself in a cgroup with that limit (systemd-run --scope -p CPUQuota=…)."},
    {"--cpu-quota", 0, nullptr,
     "Start ix itself in a cgroup with that limit (systemd-run --scope -p CPUQuota=…)."},
    {"--cpu-shares", 'c', nullptr,
     "Start ix itself in a cgroup with that weight (systemd-run --scope -p CPUWeight=…)."},
    {"--cpuset-cpus", 0, nullptr, "Start ix itself on these processors: taskset -c …"},
    {"--cpuset-mems", 0, nullptr, "Start ix itself on these nodes: numactl --membind=…"},
    {"--memory-swap", 0, nullptr,
     "Start ix itself in a cgroup with that limit (systemd-run --scope -p MemorySwapMax=…)."},
    {"--isolation", 0, nullptr, "A RUN is always isolated in the same way: leave it out."},
    {"--security-opt", 0, nullptr,
     "A RUN is always isolated in the same way; --allow new-privileges is what there is to choose."},
    {"--squash", 0, nullptr, "Copy the files of a stage into another: FROM scratch, COPY --from=STAGE / /."},
    {"--ssh", 0, nullptr, "RUN --mount=type=ssh is not known either; pass a key as --secret."},
    {"--stream", 0, nullptr, "The context is read where it lies: leave it out."},
};

}  // namespace

BuildOptions parse_build_options(const std::vector<std::string>& args) {
  return Parser(args).run();
}

std::string build_usage() {
  return "ix build [-f FILE] [-t NAME]… [options] CONTEXT";
}

}  // namespace ixian::commands
