#include "commands/build_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "build_results/output_value.h"
#include "commands/build_option_values.h"
#include "files/fs.h"
#include "files/output_path.h"

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

class Reader {
 public:
  explicit Reader(const cli::ParsedCommand& line) : line_(line) {}

  BuildOptions run() {
    for (const cli::ParsedOption& given : line_.options) take(given);
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
    for (const Handler& each : kHandlers) {
      if (each.name == name_) (this->*each.take)();
    }
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
          "--platform takes one platform, got \"{}\"\nhint: build once for each, with different tags", text));
    }
    const oci::Platform platform = oci::parse_platform(text);
    if (options_.job.platform && options_.job.platform->text() != platform.text())
      usage("--platform takes one platform, got several\nhint: build once for each");
    options_.job.platform = platform;
  }
  void network() { options_.job.network = parse_network(value()); }
  void memory() { options_.job.limits.memory = limit(engine::parse_memory_limit); }
  void pids_limit() { options_.job.limits.pids = limit(engine::parse_pids_limit); }
  void shm_size() { options_.job.limits.shm = limit(engine::parse_shm_size); }
  void ulimit() { options_.job.limits.ulimits.push_back(limit(engine::parse_ulimit)); }
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
  void pull() { options_.job.pull = flag(); }
  void push() { push_ = flag(); }
  void load() { load_ = flag(); }
  void squash() { squash_ = flag(); }
  void annotate() { annotations_.push_back(build_results::parse_annotation(value())); }
  void cache_from() { options_.job.cache_from.push_back(cache_repository(value())); }
  void cache_to() {
    const std::string repository = cache_repository(value());
    if (!options_.job.cache_to.empty() && options_.job.cache_to != repository)
      usage("--cache-to takes one repository, got several\nhint: look up steps in several with --cache-from");
    options_.job.cache_to = repository;
  }
  void iidfile() { options_.id_file = output_file(value()); }
  void metadata_file() { options_.metadata_file = output_file(value()); }
  void fetch_limit() { options_.fetch_limits.bytes = limit(fetch::parse_fetch_limit); }
  void fetch_timeout() { options_.fetch_limits.time = limit(fetch::parse_fetch_timeout); }
  void reproducible() { reproducible_ = flag(); }

  // What ix does not do, asked not to be done; what it does anyway.
  void no_attestation() {
    if (value_ == "false") return;
    usage(fmt::format("`ix build` does not support {}={}: it makes no attestations\nhint: leave it out",
                      name_, value_));
  }
  void nothing_to_do() {}

  struct Handler {
    std::string_view name;
    void (Reader::*take)();
  };
  static const std::vector<Handler> kHandlers;

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
          fmt::format("{} does not support type={}\nhint: use a repository, `{} HOST/NAME`; on one machine "
                      "the store is the cache",
                      name_, type, name_));
    }
    usage(fmt::format(
        "{} takes a repository alone, which stores every step as with mode=max\nhint: write `{} {}`", name_,
        name_, oci::parse_reference(ref).name()));
  }

  std::string output_file(std::string path) {
    const files::OutputPath place(path);  // throws what is wrong with it
    options_.fills_standard_output |= place.is_standard_output();
    return path;
  }

  const std::string& value() const { return value_; }
  bool flag() const { return value_ == "true"; }

  void take_build_arg(const std::string& text) {
    const auto [name, given] = key_value("--build-arg", text);
    if (text.find('=') != std::string::npos) {
      options_.job.build_args.insert_or_assign(name, given);
    } else if (const char* inherited = ::getenv(name.c_str())) {
      options_.job.build_args.insert_or_assign(name, inherited);
    }
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
    if (const char* epoch = ::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
      const std::string_view text = epoch;
      std::int64_t seconds = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (error != std::errc() || end != text.data() + text.size() || seconds < 0)
        usage(fmt::format("invalid value \"{}\" for SOURCE_DATE_EPOCH (expected: seconds since 1970)", text));
      options_.job.source_date_epoch = seconds;
    }
  }

  const cli::ParsedCommand& line_;
  std::string name_;   // of the option that is being taken
  std::string value_;  // and what it was given
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
    {"--rm", &Reader::nothing_to_do},
    {"--force-rm", &Reader::nothing_to_do},
    {"--compress", &Reader::nothing_to_do},
    {"--disable-content-trust", &Reader::nothing_to_do},
};

}  // namespace

BuildOptions read_build_options(const cli::ParsedCommand& line) {
  return Reader(line).run();
}

std::vector<std::string_view> handled_build_options() {
  return Reader::handled();
}

}  // namespace ixian::commands
