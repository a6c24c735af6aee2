#include "commands/build_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "build_flags/cache_option_values.h"
#include "build_flags/run_option_values.h"
#include "build_results/output_value.h"
#include "commands/build_option_values.h"
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
  if (equals == 0) usage(fmt::format("missing name in \"{1}\" for {0}", flag, text));
  return {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(const cli::ParsedCommand& line) : line_(line) {}

  BuildOptions run() {
    for (const cli::ParsedOption& given : line_.options) take(given);
    finish_platform();
    build_flags::check_together(options_.job.limits);
    read_environment();
    read_context();
    if (reproducible_ && !options_.job.source_date_epoch) options_.job.source_date_epoch = 0;
    take_annotations();
    complete_outputs();
    check_pushes();
    return std::move(options_);
  }

  static std::vector<std::string_view> handled() {
    std::vector<std::string_view> names;
    for (const Handler& each : kHandlers) names.push_back(each.name);
    return names;
  }

 private:
  bool has_output(exporter::OutputType::Destination destination) const {
    return std::any_of(options_.outputs.begin(), options_.outputs.end(),
                       [&](const auto& each) { return each.type->destination == destination; });
  }

  void take_annotations() {
    const std::string platform = options_.job.platform.value_or(oci::host_platform()).text();
    for (const build_results::Annotation& each : annotations_) {
      if (!each.platform.empty() && oci::parse_platform(each.platform).text() != platform) continue;
      if (each.on_manifest) options_.job.annotations.insert_or_assign(each.key, each.value);
      if (each.on_descriptor) options_.descriptor_annotations.insert_or_assign(each.key, each.value);
    }
  }

  // What --push, --load, --squash and --annotation do to them.
  void complete_outputs() {
    using Destination = exporter::OutputType::Destination;
    if (push_) {
      for (exporter::Output& output : options_.outputs)
        if (output.type->destination == Destination::kStore)
          output.type = exporter::find_output_type("registry");
      if (!has_output(Destination::kRegistry))
        options_.outputs.push_back({.type = exporter::find_output_type("registry")});
    }
    if (load_ && !has_output(Destination::kDaemon))
      options_.outputs.push_back(
          {.type = exporter::find_output_type("docker", {.tar = true, .has_dest = false})});
    if (options_.outputs.empty()) options_.outputs.emplace_back();
    for (exporter::Output& output : options_.outputs) {
      output.form.squash =
          squash_ && output.type->is_image() && output.type->destination != Destination::kNowhere;
      if (output.needs_epoch && !options_.job.source_date_epoch)
        usage("rewrite-timestamp=true needs SOURCE_DATE_EPOCH\nhint: set it, or give --reproducible");
      if (output.by_digest && !tagged_.empty())
        usage(fmt::format("cannot push {} by digest: it has a tag\nhint: write the name without its tag",
                          tagged_));
      if (output.form.docker_types && !options_.job.annotations.empty())
        usage(
            "oci-mediatypes=false cannot be used with --annotation: Docker's manifests have no annotations");
    }
    const auto to_standard_output = [](const exporter::Output& output) {
      return output.type->destination == Destination::kFile &&
             files::OutputPath(output.destination).is_standard_output();
    };
    if (std::count_if(options_.outputs.begin(), options_.outputs.end(), to_standard_output) > 1)
      usage("several outputs go to standard output\nhint: name files for the others, dest=FILE");
  }

  void check_pushes() {
    bool only_pushes = true;
    for (const exporter::Output& output : options_.outputs) {
      using Destination = exporter::OutputType::Destination;
      const bool pushes = output.type->destination == Destination::kRegistry;
      const bool keeps = !pushes && output.type->destination != Destination::kNowhere;
      only_pushes = only_pushes && !keeps && !output.form.is_own();
      if (pushes && options_.names.empty() && output.names.empty())
        usage("--push needs an image name\nhint: add `-t REGISTRY/NAME:TAG`");
    }
    options_.job.lazy_layers = only_pushes;
  }

  void take(const cli::ParsedOption& given) {
    name_ = given.spec->name;
    value_ = given.value;
    if (given.spec->inert) return note(given.spec->note);
    handle();
  }

  void handle() {
    for (const Handler& each : kHandlers) {
      if (each.name == name_) (this->*each.take)();
    }
  }

  // Once, however often it was given.
  void note(std::string_view why) {
    if (why.empty() || value_ == "false") return;
    std::string line = fmt::format("{} has no effect: {}", name_, why);
    if (std::find(options_.notes.begin(), options_.notes.end(), line) == options_.notes.end())
      options_.notes.push_back(std::move(line));
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
  void tag() {
    options_.names.push_back(parse_image_name(name_, value()));
    if (!oci::parse_reference(value()).tag.empty()) tagged_ = value();
  }
  void file() { file_ = value(); }
  void output() {
    for (exporter::Output& output : build_results::parse_output(value())) {
      if (output.type->destination == exporter::OutputType::Destination::kFile)
        output_file(output.destination);
      options_.outputs.push_back(std::move(output));
    }
  }
  void build_context() {
    options_.contexts.named.push_back(
        ixian::build_context::parse_named_source(value(), "--build-context", files::current_directory()));
  }
  void target() { options_.job.target = value(); }
  void build_arg() { take_build_arg("--build-arg", value(), true); }
  void secret() { options_.job.secrets.push_back(parse_secret(value())); }
  void label() {
    const auto [label, text] = key_value("--label", value());
    options_.job.labels.insert_or_assign(label, text);
  }
  void platform() { take_platform("--platform", value()); }
  void take_platform(std::string_view what, const std::string& text) {
    for (const std::string_view each : base::split(text, ',')) {
      const oci::Platform platform = each == "local" ? oci::host_platform() : oci::parse_platform(each);
      if (options_.job.platform && options_.job.platform->text() != platform.text()) {
        usage(fmt::format(
            "{} takes one platform, got {} and {}\nhint: build once for each, with different tags", what,
            options_.job.platform->text(), platform.text()));
      }
      options_.job.platform = platform;
    }
  }
  void system() { platform_parts_.os = value(); }
  void architecture() { platform_parts_.architecture = value(); }
  void variant() { platform_parts_.variant = value(); }
  void network() { options_.job.network = parse_network(value()); }
  void memory() { options_.job.limits.memory = limit(engine::parse_memory_limit); }
  void pids_limit() { options_.job.limits.pids = limit(engine::parse_pids_limit); }
  void shm_size() { options_.job.limits.shm = limit(engine::parse_shm_size); }
  void ulimit() { options_.job.limits.ulimits.push_back(limit(engine::parse_ulimit)); }
  void memory_swap() { options_.job.limits.memory_swap = limit(engine::parse_memory_limit); }
  void cpu_quota() { options_.job.limits.cpu.quota = limit(engine::parse_cpu_number); }
  void cpu_period() { options_.job.limits.cpu.period = limit(engine::parse_cpu_number); }
  void cpu_shares() { options_.job.limits.cpu.shares = limit(engine::parse_cpu_number); }
  void cpuset_cpus() { options_.job.limits.cpu.cpus = limit(engine::parse_cpu_list); }
  void cpuset_mems() { options_.job.limits.cpu.mems = limit(engine::parse_cpu_list); }
  // "memory=2g,cpu-quota=50000": the limits by their names.
  void resource() {
    constexpr std::string_view kKeys[] = {"memory",     "memory-swap", "cpu-quota",  "cpu-period",
                                          "cpu-shares", "cpuset-cpus", "cpuset-mems"};
    for (const auto& [key, field] : parse_fields(std::string(name_), std::string(value_))) {
      if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
        usage(
            fmt::format("unknown key \"{}\" for --resource (expected: {})", base::printable_path(key),
                        base::join(std::vector<std::string_view>(std::begin(kKeys), std::end(kKeys)), ", ")));
      }
      name_ = "--" + key;
      value_ = field;
      handle();
    }
  }
  void add_host() {
    for (auto& each : build_flags::parse_extra_hosts(value()))
      options_.job.extra_hosts.push_back(std::move(each));
  }
  void dns() { options_.job.dns.servers.push_back(build_flags::parse_name_server(value())); }
  void dns_search() { options_.job.dns.search.push_back(value()); }
  void dns_option() { options_.job.dns.options.push_back(value()); }
  void allow() {
    if (value() == "new-privileges") options_.job.new_privileges = true;
    if (value() == "security.insecure") options_.job.insecure = true;
    if (value() == "device") options_.job.devices = true;
    if (value() == "network.host") options_.job.host_network = true;
  }
  void ssh() {
    engine::SshSource source = parse_ssh(value());
    for (const engine::SshSource& each : options_.job.ssh)
      if (each.id == source.id) usage(fmt::format("--ssh {} is given twice", source.id));
    options_.job.ssh.push_back(std::move(source));
  }
  void call() { options_.call = parse_build_call(name_, value()); }
  void check() {
    if (flag()) options_.call = {BuildCall::Method::kCheck};
  }
  void no_cache() { options_.job.no_cache = flag(); }
  void no_cache_filter() {
    for (std::string_view stage : base::split(value_, ','))
      options_.job.no_cache_stages.insert(base::to_lower(stage));
  }
  void pull() {
    const std::optional<bool> always = cli::parse_bool(value_);
    options_.job.pull = value_ == "newer"                     ? engine::PullPolicy::kNewer
                        : value_ == "never"                   ? engine::PullPolicy::kNever
                        : always.value_or(value_ == "always") ? engine::PullPolicy::kAlways
                                                              : engine::PullPolicy::kMissing;
  }
  void pull_always() {
    if (flag()) options_.job.pull = engine::PullPolicy::kAlways;
  }
  void pull_never() {
    if (flag()) options_.job.pull = engine::PullPolicy::kNever;
  }
  void push() { push_ = flag(); }
  void load() { load_ = flag(); }
  void squash() { squash_ = flag(); }
  void annotate() { annotations_.push_back(build_results::parse_annotation(value())); }
  std::vector<std::string> cache_repositories() {
    build_flags::CacheOption option = build_flags::parse_cache_option(name_, value());
    if (!option.note.empty()) options_.notes.push_back(std::move(option.note));
    return std::move(option.repositories);
  }
  void cache_from() {
    for (std::string& each : cache_repositories()) options_.job.cache_from.push_back(std::move(each));
  }
  void cache_to() {
    for (const std::string& repository : cache_repositories()) {
      if (!options_.job.cache_to.empty() && options_.job.cache_to != repository) {
        usage(
            "--cache-to takes one repository, got several\nhint: look up steps in several with --cache-from");
      }
      options_.job.cache_to = repository;
    }
  }
  void iidfile() { options_.id_file = output_file(value()); }
  void metadata_file() { options_.metadata_file = output_file(value()); }
  void fetch_limit() { options_.fetch_limits.bytes = limit(fetch::parse_fetch_limit); }
  void fetch_timeout() { options_.fetch_limits.time = limit(fetch::parse_fetch_timeout); }
  void reproducible() { reproducible_ = flag(); }

  void quiet() { options_.quiet = flag(); }
  void in_parser() {}  // it stands for a flag of ix
  void retry() {
    constexpr unsigned kMost = 100;
    const std::optional<std::uint64_t> count = whole_number(value());
    if (!count || *count > kMost)
      usage(
          fmt::format("invalid value \"{}\" for --retry (expected: a number from 0 to {})", value(), kMost));
    options_.retries = static_cast<int>(*count);
  }
  void unset_label() { options_.job.unset_labels.insert(value()); }
  void unset_variable() { options_.job.unset_environment.insert(value()); }
  void auth_file() {
    options_.auth_file = files::absolute_path(value(), files::current_directory());
    if (::access(options_.auth_file.c_str(), R_OK) != 0)
      usage(fmt::format("cannot read {}: {}", value(), base::errno_text(errno)));
  }
  void build_arg_file() {
    const std::string path = files::absolute_path(value(), files::current_directory());
    const auto text = files::read_text(path, "");
    if (!text) usage(fmt::format("file not found: {}", value()));
    for (const std::string_view line : base::split(*text, '\n')) {
      if (line.empty() || line.starts_with('#')) continue;
      file_args_.emplace_back(line);
    }
  }
  // As `buildah build` does without being asked: the shell's proxies.
  void http_proxy() {
    if (!flag()) return;
    for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"}) {
      const std::string lower = base::to_lower(name);
      const char* value = std::getenv(name);
      if (value == nullptr || *value == '\0') value = std::getenv(lower.c_str());
      if (value != nullptr && *value != '\0') options_.job.proxies.insert_or_assign(name, value);
    }
  }
  void source_date_epoch() { epoch_ = seconds_since_1970(std::string(name_), value()); }

  void security_opt() {
    if (value_.starts_with("seccomp=unconfined") || value_.starts_with("seccomp:unconfined")) {
      usage(
          "--security-opt seccomp=unconfined is not supported: RUN always has a filter of system calls\n"
          "hint: leave it out");
    }
    note("the profiles of RUN are fixed");
  }

  // What ix does not do, asked not to be done.
  void no_attestation() {
    if (cli::parse_bool(value_) == false) return;
    if (name_ == "--attest" && is_disabled()) return;
    usage(fmt::format("`ix build` does not support {}={}: it makes no attestations\nhint: leave it out",
                      name_, value_));
  }
  void no_policy() {
    if (!is_disabled()) {
      usage(
          "`ix build` does not support --policy\nhint: pin sources by a digest after the name, or with "
          "--checksum of ADD");
    }
  }
  bool is_disabled() const {
    for (const auto& [key, field] : parse_fields(std::string(name_), value_))
      if (key == "disabled" && cli::parse_bool(field) == true) return true;
    return false;
  }

  // Flags of which ix does one value, whether it is given or not.
  void only_true() {
    if (!flag()) refuse_fixed();
  }
  void only_false() {
    if (flag()) refuse_fixed();
  }
  [[noreturn]] void refuse_fixed() const {
    constexpr std::pair<std::string_view, std::string_view> kInstead[] = {
        {"--tls-verify", "copy the registry's CA certificate to /etc/docker/certs.d/REGISTRY"},
        {"--skip-unused-stages", "build each stage by itself with --target"},
        {"--inherit-labels", "make each label of the base image empty with --label NAME="},
        {"--inherit-annotations", "leave it out: annotations of the base image are not inherited"},
        {"--compat-volumes", "leave it out: what RUN writes below a VOLUME is in the image"},
    };
    std::string_view instead;
    for (const auto& [name, text] : kInstead)
      if (name == name_) instead = text;
    usage(fmt::format("`ix build` does not support {}={}\nhint: {}", name_, value_, instead));
  }

  struct Handler {
    std::string_view name;
    void (Reader::*take)();
  };
  static const std::vector<Handler> kHandlers;

  std::string output_file(std::string path) {
    const files::OutputPath place(path);  // throws what is wrong with it
    options_.fills_standard_output |= place.is_standard_output();
    return path;
  }

  const std::string& value() const { return value_; }
  bool flag() const { return value_ == "true"; }

  void take_build_arg(const std::string& from, const std::string& text, bool replaces) {
    const auto [name, given] = key_value(from, text);
    const char* inherited = ::getenv(name.c_str());
    const bool has_value = text.find('=') != std::string::npos;
    if (!has_value && inherited == nullptr) return;
    const std::string value = has_value ? given : inherited;
    if (replaces)
      options_.job.build_args.insert_or_assign(name, value);
    else
      options_.job.build_args.emplace(name, value);
  }

  // The table of the command has seen to it that it is one of these.
  static engine::BuildNetwork parse_network(const std::string& text) {
    if (text == "none") return engine::BuildNetwork::kNone;
    return text == "host" ? engine::BuildNetwork::kHost : engine::BuildNetwork::kDefault;
  }

  void read_context() {
    const std::string here = files::current_directory();
    options_.contexts.main = {build_context::parse_context_source(line_.arguments[0], "build context", here),
                              file_, here};
  }

  static std::int64_t seconds_since_1970(const std::string& what, std::string_view text) {
    const std::optional<std::uint64_t> seconds = whole_number(text);
    if (!seconds || *seconds > std::numeric_limits<std::int64_t>::max()) {
      usage(fmt::format("invalid value \"{}\" for {} (expected: seconds since 1970)",
                        base::printable_path(text), what));
    }
    return static_cast<std::int64_t>(*seconds);
  }

  // --arch, --os and --variant are a platform in three parts.
  void finish_platform() {
    oci::Platform& parts = platform_parts_;
    if (parts.os.empty() && parts.architecture.empty() && parts.variant.empty()) return;
    if (options_.job.platform) usage("--platform cannot be used together with --arch, --os and --variant");
    if (parts.os.empty()) parts.os = "linux";
    if (parts.architecture.empty()) parts.architecture = oci::host_platform().architecture;
    options_.job.platform = oci::parse_platform(parts.text());
  }

  // What the command line says counts more.
  void read_environment() {
    engine::StageJob& job = options_.job;
    const auto variable = [](const char* name) -> std::string {
      const char* value = std::getenv(name);
      return value == nullptr ? "" : value;
    };
    // Of two files the later one counts.
    for (auto each = file_args_.rbegin(); each != file_args_.rend(); ++each)
      take_build_arg("--build-arg-file", *each, false);
    if (const std::string platform = variable("DOCKER_DEFAULT_PLATFORM"); !platform.empty() && !job.platform)
      take_platform("DOCKER_DEFAULT_PLATFORM", platform);
    if (cli::parse_bool(variable("DOCKER_BUILDKIT")) == false)
      options_.notes.emplace_back("DOCKER_BUILDKIT=0 has no effect: ix has one builder");
    if (const std::string epoch = variable("SOURCE_DATE_EPOCH"); !epoch.empty() && !epoch_)
      epoch_ = seconds_since_1970("SOURCE_DATE_EPOCH", epoch);
    job.source_date_epoch = epoch_;
  }

  const cli::ParsedCommand& line_;
  std::string name_;   // of the option that is being taken
  std::string value_;  // and what it was given
  oci::Platform platform_parts_;
  std::optional<std::int64_t> epoch_;
  std::vector<std::string> file_args_;
  bool reproducible_ = false;
  bool push_ = false;
  bool load_ = false;
  bool squash_ = false;
  std::string tagged_;  // a name of -t that has a tag
  std::vector<build_results::Annotation> annotations_;
  std::string file_;
  BuildOptions options_;
};

const std::vector<Reader::Handler> Reader::kHandlers = {
    {"--tag", &Reader::tag},
    {"--file", &Reader::file},
    {"--output", &Reader::output},
    {"--build-context", &Reader::build_context},
    {"--target", &Reader::target},
    {"--build-arg", &Reader::build_arg},
    {"--secret", &Reader::secret},
    {"--label", &Reader::label},
    {"--platform", &Reader::platform},
    {"--network", &Reader::network},
    {"--memory", &Reader::memory},
    {"--pids-limit", &Reader::pids_limit},
    {"--shm-size", &Reader::shm_size},
    {"--ulimit", &Reader::ulimit},
    {"--allow", &Reader::allow},
    {"--ssh", &Reader::ssh},
    {"--call", &Reader::call},
    {"--check", &Reader::check},
    {"--print", &Reader::call},
    {"--no-cache", &Reader::no_cache},
    {"--no-cache-filter", &Reader::no_cache_filter},
    {"--pull", &Reader::pull},
    {"--push", &Reader::push},
    {"--load", &Reader::load},
    {"--squash", &Reader::squash},
    {"--annotation", &Reader::annotate},
    {"--cache-from", &Reader::cache_from},
    {"--cache-to", &Reader::cache_to},
    {"--iidfile", &Reader::iidfile},
    {"--metadata-file", &Reader::metadata_file},
    {"--fetch-limit", &Reader::fetch_limit},
    {"--fetch-timeout", &Reader::fetch_timeout},
    {"--reproducible", &Reader::reproducible},
    {"--provenance", &Reader::no_attestation},
    {"--sbom", &Reader::no_attestation},
    {"--attest", &Reader::no_attestation},
    {"--policy", &Reader::no_policy},
    {"--security-opt", &Reader::security_opt},
    {"--resource", &Reader::resource},
    {"--memory-swap", &Reader::memory_swap},
    {"--cpu-quota", &Reader::cpu_quota},
    {"--cpu-period", &Reader::cpu_period},
    {"--cpu-shares", &Reader::cpu_shares},
    {"--cpuset-cpus", &Reader::cpuset_cpus},
    {"--cpuset-mems", &Reader::cpuset_mems},
    {"--add-host", &Reader::add_host},
    {"--dns", &Reader::dns},
    {"--dns-search", &Reader::dns_search},
    {"--dns-option", &Reader::dns_option},
    {"--quiet", &Reader::quiet},
    {"--debug", &Reader::in_parser},
    {"--arch", &Reader::architecture},
    {"--os", &Reader::system},
    {"--variant", &Reader::variant},
    {"--build-arg-file", &Reader::build_arg_file},
    {"--source-date-epoch", &Reader::source_date_epoch},
    {"--timestamp", &Reader::source_date_epoch},
    {"--http-proxy", &Reader::http_proxy},
    {"--pull-always", &Reader::pull_always},
    {"--pull-never", &Reader::pull_never},
    {"--retry", &Reader::retry},
    {"--unsetlabel", &Reader::unset_label},
    {"--unsetenv", &Reader::unset_variable},
    {"--authfile", &Reader::auth_file},
    {"--tls-verify", &Reader::only_true},
    {"--skip-unused-stages", &Reader::only_true},
    {"--inherit-labels", &Reader::only_true},
    {"--inherit-annotations", &Reader::only_false},
    {"--compat-volumes", &Reader::only_false},
};

}  // namespace

BuildOptions read_build_options(const cli::ParsedCommand& line) {
  return Reader(line).run();
}

std::vector<std::string_view> handled_build_options() {
  return Reader::handled();
}

}  // namespace ixian::commands
