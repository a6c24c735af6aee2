// Values of --output, in the syntax of BuildKit's exporters: each of their keys is done, taken where what it
// asks for is what happens anyway, or refused with the reason. A destination is looked at before the build,
// which may take an hour.
#include "build_results/output_value.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "cli/fields.h"
#include "files/output_path.h"

namespace ixian::build_results {
namespace {

using compression::Compression;
using Destination = exporter::OutputType::Destination;

[[noreturn]] void refuse_output(const std::string& message) {
  throw base::Error(base::ErrorCode::kUsage, message);
}

// What cannot be written is told before anything is built.
void check_destination(const exporter::Output& output) {
  if (output.type->destination == Destination::kFile) {
    const files::OutputPath place(output.destination);
    if (place.is_terminal())
      refuse_output(fmt::format(
          "cannot write an archive to the terminal {}\nhint: name a file, or pipe it: `… | tar t`",
          place.shown()));
  } else if (output.destination == "-") {
    refuse_output("cannot write a directory to standard output\nhint: name a directory");
  }
}

bool is_true(const std::string& key, const std::string& value) {
  for (const std::string_view yes : {"true", "1", "t", "T", "TRUE", "True"})
    if (value == yes) return true;
  for (const std::string_view no : {"false", "0", "f", "F", "FALSE", "False"})
    if (value == no) return false;
  refuse_output(fmt::format("invalid value \"{}\" for {} of --output (expected: true, false)", value, key));
}

std::string type_names() {
  std::vector<std::string> names;
  for (const cli::Choice& each : output_choices()) names.emplace_back(each.value);
  return base::join(names, ", ");
}

struct Annotated {
  std::vector<std::string> types;
  std::string platform;
};

// "manifest-descriptor[linux/amd64]" → its parts.
void add_type(const std::string& text, Annotated& to) {
  const std::size_t bracket = text.find('[');
  const std::string type = text.substr(0, bracket);
  if (bracket != std::string::npos) {
    if (!text.ends_with(']'))
      refuse_output(fmt::format("invalid platform in \"{}\" (expected: [OS/ARCH])", text));
    to.platform = text.substr(bracket + 1, text.size() - bracket - 2);
  }
  if (type == "index" || type == "index-descriptor") {
    refuse_output(
        fmt::format("{} annotations not supported for single platform export: an image of `ix build` has "
                    "no index\nhint: annotate its manifest, `manifest:KEY=VALUE`",
                    type));
  }
  if (type != "manifest" && type != "manifest-descriptor") {
    refuse_output(
        fmt::format("invalid annotation type \"{}\" (expected: manifest, index, manifest-descriptor, "
                    "index-descriptor)",
                    type));
  }
  to.types.push_back(type);
}

Annotation annotation(const Annotated& what, std::string key, std::string value) {
  if (key.empty()) refuse_output(fmt::format("missing key in annotation \"={}\"", value));
  Annotation result{std::move(key), std::move(value), what.types.empty(), false, what.platform};
  for (const std::string& type : what.types)
    (type == "manifest" ? result.on_manifest : result.on_descriptor) = true;
  return result;
}

class OutputParser {
 public:
  explicit OutputParser(const std::string& text) {
    for (const auto& [name, value] : cli::parse_fields("--output", text)) {
      if (value.empty() && text.find(name + "=") == std::string::npos)
        refuse_output(fmt::format("invalid field \"{}\" for --output (expected: KEY=VALUE)", name));
      take(name, value);
    }
  }

  std::vector<exporter::Output> outputs() {
    if (type_.empty()) refuse_output("missing type= for --output\nhint: such as type=oci,dest=image.tar");
    check_form();
    choose_type();
    exporter::Output& output = output_;
    output.form.compression = compression_;
    output.form.level = level_;
    output.form.force = force_;
    if (!output.type->needs_destination() && !output.destination.empty())
      refuse_output(fmt::format("dest cannot be used with --output type={}", type_));
    if (output.type->needs_destination() && output.destination.empty())
      refuse_output(fmt::format("--output type={} needs dest=PATH, where - is standard output", type_));
    if (output.type->needs_destination()) check_destination(output);
    std::vector<exporter::Output> all = {output};
    if (output.is_by_push && store_ == true) {
      all.insert(all.begin(), output);
      all.front().type = exporter::find_output_type("image");
      all.front().is_by_push = all.front().by_digest = false;
    }
    return all;
  }

 private:
  using Take = void (OutputParser::*)(const std::string& value);
  struct Key {
    std::string_view name;
    Take take;
  };

  void take(const std::string& name, const std::string& value) {
    key_ = name.starts_with("annotation") ? name : base::to_lower(name);
    for (const Key& each : kKeys)
      if (each.name == key_) return (this->*each.take)(value);
    if (key_.starts_with("annotation")) return annotate(value);
    refuse_output(fmt::format("unknown field {}={} for --output{} (expected: {})", name, value,
                              did_you_mean(), base::join(names(), ", ")));
  }

  std::string did_you_mean() const {
    const std::vector<std::string> near = base::suggestions(key_, names());
    return near.empty() ? "" : fmt::format(" (did you mean {}?)", near.front());
  }

  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Key& each : kKeys) all.emplace_back(each.name);
    all.emplace_back("annotation.KEY");
    return all;
  }

  void take_type(const std::string& value) { type_ = value; }
  void take_dest(const std::string& value) { output_.destination = value; }
  void take_name(const std::string& value) {
    for (const std::string_view name : base::split(value, ',')) {
      output_.names.push_back(parse_image_name("--output name=", std::string(name)));
      if (!oci::parse_reference(std::string(name)).tag.empty()) tagged_ = name;
    }
  }
  void take_tar(const std::string& value) { tar_ = is_true(key_, value); }
  void take_push(const std::string& value) { push_ = is_true(key_, value); }
  void take_by_digest(const std::string& value) { output_.by_digest = is_true(key_, value); }
  void take_store(const std::string& value) { store_ = is_true(key_, value); }
  void take_compression(const std::string& value) {
    if (value == "gzip")
      compression_ = Compression::kGzip;
    else if (value == "zstd")
      compression_ = Compression::kZstd;
    else if (value == "uncompressed")
      compression_ = Compression::kNone;
    else if (value == "estargz")
      refuse_output(
          "--output does not support compression=estargz: only snapshotters that are set up for it read it "
          "faster, "
          "and other layers cannot be shared with it\nhint: use compression=zstd or gzip");
    else
      refuse_output(fmt::format(
          "invalid value \"{}\" for compression of --output (expected: gzip, zstd, uncompressed)", value));
  }
  void take_level(const std::string& value) {
    int level = -1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), level);
    if (error != std::errc() || end != value.data() + value.size() || level < 0)
      refuse_output(fmt::format("invalid value \"{}\" for {} of --output (expected: a number)", value, key_));
    level_ = level;
  }
  void take_force(const std::string& value) { force_ = is_true(key_, value); }
  void take_oci_types(const std::string& value) { output_.form.docker_types = !is_true(key_, value); }
  void take_rewrite(const std::string& value) { output_.needs_epoch = is_true(key_, value); }
  // The store unpacks layers when they are needed; there is one platform.
  void take_either(const std::string& value) { is_true(key_, value); }
  void take_false(const std::string& value) {
    if (!is_true(key_, value)) return;
    refuse_output(fmt::format("--output does not support {}=true\nhint: leave it out", key_));
  }
  void take_insecure(const std::string& value) {
    if (!is_true(key_, value)) return;
    refuse_output(
        fmt::format("--output does not support {}=true\nhint: registries of localhost need nothing; "
                    "configure others in a project, or in /etc/docker/certs.d",
                    key_));
  }
  void take_mode(const std::string& value) {
    if (value == "copy") return;
    refuse_output(
        fmt::format("--output does not support mode={}: files that are there stay\nhint: empty the "
                    "directory first",
                    value));
  }
  void take_context(const std::string& value) {
    if (value.empty() || value == "default") return;
    refuse_output("--output does not support context=\nhint: name the Docker daemon in DOCKER_HOST");
  }
  void take_prefix(const std::string&) {
    refuse_output(
        fmt::format("--output does not support {}: an image without a name is known by its digest\n"
                    "hint: leave it out",
                    key_));
  }

  // "annotation[-TYPE][[OS/ARCH]].KEY".
  void annotate(const std::string& value) {
    constexpr std::string_view kStart = "annotation";
    const std::size_t bracket = key_.find('[');
    const std::size_t dot = key_.find(
        '.', bracket != std::string::npos && bracket < key_.find('.') ? key_.find(']', bracket) : 0);
    if (dot == std::string::npos)
      refuse_output(fmt::format("missing key in {} of --output (expected: annotation.KEY=VALUE)", key_));
    std::string what = key_.substr(kStart.size(), dot - kStart.size());
    Annotated annotated;
    if (what.starts_with('-')) what.erase(0, 1);
    if (what.starts_with('[')) what = "manifest" + what;
    if (!what.empty()) add_type(what, annotated);
    const Annotation added = annotation(annotated, key_.substr(dot + 1), value);
    if (added.on_descriptor) {
      refuse_output(
          fmt::format("--output does not support {}: its descriptor is in one index.json\nhint: use "
                      "`--annotation manifest-descriptor:{}={}`",
                      key_, added.key, value));
    }
    output_.form.annotations.insert_or_assign(added.key, added.value);
  }

  void check_form() {
    if (level_ && !compression_) compression_ = Compression::kGzip;
    if (force_ && !compression_) compression_ = Compression::kGzip;
    if (level_ && *level_ > compression::highest_level(*compression_)) {
      refuse_output(fmt::format("invalid value \"{}\" for compression-level of --output (expected: 0 to {})",
                                *level_, compression::highest_level(*compression_)));
    }
    if (!output_.form.docker_types) return;
    if (compression_ == Compression::kZstd || !output_.form.annotations.empty()) {
      refuse_output(
          "oci-mediatypes=false cannot be used with compression=zstd or annotations, which Docker's types "
          "do not have\nhint: leave it out");
    }
  }

  void choose_type() {
    const bool is_image = type_ == "image" || type_ == "registry";
    if (push_ == true && !is_image)
      refuse_output(fmt::format("push=true needs type=image, not type={}, in --output", type_));
    if (type_ == "registry" && push_ == false) type_ = "image";
    if (type_ == "image" && push_ == true) {
      type_ = "registry";
      output_.is_by_push = true;
    } else if (type_ == "image" && store_ == false) {
      type_ = "cacheonly";
    }
    if (output_.by_digest && type_ != "registry")
      refuse_output("push-by-digest needs type=image,push=true or type=registry in --output");
    if (output_.by_digest && !tagged_.empty()) {
      refuse_output(fmt::format(
          "cannot push {} by digest: it has a tag\nhint: write the name without its tag", tagged_));
    }
    output_.type = exporter::find_output_type(type_, {tar_, !output_.destination.empty()});
    if (output_.type == nullptr) {
      refuse_output(
          fmt::format("invalid value \"{}\" for type of --output (expected: {})", type_, type_names()));
    }
    if (!tar_ && output_.type->destination == Destination::kFile) {
      refuse_output(
          fmt::format("tar=false needs type=oci, not type={}, in --output\nhint: write the directory with "
                      "type=oci,tar=false,dest=DIR",
                      type_));
    }
    const bool has_form = output_.form.is_own() || compression_;
    if (has_form && (!output_.type->is_image() || output_.type->destination == Destination::kNowhere))
      refuse_output(
          fmt::format("--output type={} has no layers that could be packed or annotated\nhint: use "
                      "type=image, registry, oci or docker",
                      type_));
  }

  static const std::vector<Key> kKeys;

  exporter::Output output_;
  std::string key_;  // that is being taken
  std::string type_;
  bool tar_ = true;
  std::optional<bool> push_;
  std::optional<bool> store_;
  std::optional<Compression> compression_;
  std::optional<int> level_;
  bool force_ = false;
  std::string tagged_;  // a name that has a tag
};

const std::vector<OutputParser::Key> OutputParser::kKeys = {
    {"type", &OutputParser::take_type},
    {"dest", &OutputParser::take_dest},
    {"name", &OutputParser::take_name},
    {"push", &OutputParser::take_push},
    {"push-by-digest", &OutputParser::take_by_digest},
    {"store", &OutputParser::take_store},
    {"tar", &OutputParser::take_tar},
    {"compression", &OutputParser::take_compression},
    {"compression-level", &OutputParser::take_level},
    {"force-compression", &OutputParser::take_force},
    {"oci-mediatypes", &OutputParser::take_oci_types},
    {"rewrite-timestamp", &OutputParser::take_rewrite},
    {"unpack", &OutputParser::take_either},
    {"platform-split", &OutputParser::take_either},
    {"name-canonical", &OutputParser::take_either},
    {"attestation-inline", &OutputParser::take_either},
    {"prefer-nondist-layers", &OutputParser::take_false},
    {"oci-artifact", &OutputParser::take_false},
    {"registry.insecure", &OutputParser::take_insecure},
    {"mode", &OutputParser::take_mode},
    {"context", &OutputParser::take_context},
    {"dangling-name-prefix", &OutputParser::take_prefix},
};

}  // namespace

oci::Reference parse_image_name(const std::string& flag, const std::string& text) {
  if (text.empty()) refuse_output(fmt::format("{} needs a name", flag));
  oci::Reference name = oci::parse_reference(text);
  if (name.digest)
    refuse_output("a digest cannot be chosen, it follows from the content\nhint: give the image a tag");
  if (name.tag.empty()) name.tag = "latest";
  return name;
}

std::vector<cli::Choice> output_choices() {
  std::vector<cli::Choice> choices;
  for (const exporter::OutputType& each : exporter::output_types())
    if (!each.summary.empty()) choices.push_back({each.name, each.summary});
  return choices;
}

std::vector<cli::FieldSpec> output_fields() {
  const std::vector<cli::Choice> either = {{"true"}, {"false"}};
  return {
      {.key = "type", .choices = output_choices()},
      {.key = "dest",
       .metavar = "PATH",
       .summary = "the file or directory; - is standard output",
       .completer = cli::Completer::kFile},
      {.key = "name", .metavar = "NAME", .summary = "a tag in addition to those of --tag"},
      {.key = "push", .metavar = "BOOL", .summary = "true: type=image is type=registry", .choices = either},
      {.key = "push-by-digest", .metavar = "BOOL", .summary = "true: push without a tag", .choices = either},
      {.key = "store",
       .metavar = "BOOL",
       .summary = "false: type=image is type=cacheonly; true with push: store it as well",
       .choices = either},
      {.key = "tar",
       .metavar = "BOOL",
       .summary = "false: type=oci is a directory in the OCI layout",
       .choices = either},
      {.key = "compression",
       .metavar = "NAME",
       .summary = "of the layers that ix makes",
       .choices = {{"gzip"}, {"zstd"}, {"uncompressed"}}},
      {.key = "compression-level", .metavar = "N", .summary = "gzip 0 to 9, zstd 0 to 22"},
      {.key = "force-compression",
       .metavar = "BOOL",
       .summary = "true: of the layers of the base image, too",
       .choices = either},
      {.key = "oci-mediatypes",
       .metavar = "BOOL",
       .summary = "false: Docker's media types",
       .choices = either},
      {.key = "rewrite-timestamp",
       .metavar = "BOOL",
       .summary = "true: needs SOURCE_DATE_EPOCH, which bounds all times anyway",
       .choices = either},
      {.key = "annotation.KEY", .metavar = "VALUE", .summary = "annotate the manifest"}};
}

std::vector<exporter::Output> parse_output(const std::string& text) {
  if (text.find('=') != std::string::npos) return OutputParser(text).outputs();
  // BuildKit's short form: a name alone is a directory; ours also takes a tar by its name.
  exporter::Output output;
  const bool tar = text == "-" || text.ends_with(".tar");
  output.type = exporter::find_output_type(tar ? "tar" : "local");
  output.destination = text;
  check_destination(output);
  return {output};
}

Annotation parse_annotation(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    refuse_output(fmt::format("invalid value \"{}\" for --annotation (expected: [TYPE:]KEY=VALUE)", text));
  const std::size_t colon = text.find(':');
  Annotated annotated;
  std::size_t start = 0;
  if (colon < equals) {
    for (const std::string_view type : base::split(std::string_view(text).substr(0, colon), ','))
      add_type(std::string(type), annotated);
    start = colon + 1;
  }
  return annotation(annotated, text.substr(start, equals - start), text.substr(equals + 1));
}

}  // namespace ixian::build_results
