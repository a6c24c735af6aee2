// Values of `ix build`'s options that have fields (--secret, --output), in Docker's syntax. What buildx has
// and we have not is refused with the reason, one by one: whoever comes from there wants to know whether to
// leave it out. A destination is looked at before the build, which may take an hour.
#include "commands/build_option_values.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/output_path.h"

namespace ixian::commands {
namespace {

[[noreturn]] void refuse_value(const std::string& sentence) {
  throw base::Error(base::ErrorCode::kUsage, sentence);
}

// What BuildKit's exporters have besides.
[[noreturn]] void refuse_output_field(const std::string& key, const std::string& value) {
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"push-by-digest", "An image is pushed under its names: -t, or name=."},
      {"oci-mediatypes", "What a base image brings stays as it is, and the rest is OCI's."},
      {"compression", "Layers are compressed with gzip."},
      {"compression-level", "Layers are compressed with gzip, at one level."},
      {"force-compression", "What a base image brings stays as it is."},
      {"rewrite-timestamp", "--reproducible, or SOURCE_DATE_EPOCH, sets the times."},
      {"unpack", "The store unpacks layers when they are needed."},
      {"store", "type=image is in the store, type=registry is not."},
      {"platform-split", "An image is for one platform."},
      {"annotation", "The images have no annotations; --label says it in the configuration."},
  };
  for (const auto& [name, why] : kKnown) {
    if (key == name ||
        (key.starts_with(name) && key.size() > name.size() &&
         std::string_view(".-[").find(key[name.size()]) != std::string_view::npos && name == "annotation"))
      refuse_value(fmt::format("--output does not take {}={}: leave it out. {}", key, value, why));
  }
  refuse_value(fmt::format("--output has no {}={}; there are type, dest, name, tar and push.", key, value));
}

// What cannot be written is told before anything is built.
void check_destination(const exporter::Output& output) {
  if (output.type->destination == exporter::OutputType::Destination::kFile) {
    const files::OutputPath place(output.destination);
    if (place.is_terminal())
      refuse_value(fmt::format(
          "An archive is nothing for a terminal: {} is one. Name a file, or lead it on: `… | tar t`.",
          place.shown()));
  } else if (output.destination == "-") {
    refuse_value("A folder cannot go to standard output; name one.");
  }
}

}  // namespace

Fields parse_fields(const std::string& flag, const std::string& text) {
  Fields all;
  std::string field;
  bool quoted = false;
  const auto finish = [&] {
    const std::size_t equals = field.find('=');
    if (field.empty()) refuse_value(fmt::format("{} {} has an empty field.", flag, text));
    all.emplace_back(field.substr(0, equals), equals == std::string::npos ? "" : field.substr(equals + 1));
    field.clear();
  };
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      // As in CSV: a path with a comma stands in quotes.
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
  for (const auto& [key, value] : parse_fields("--secret", text)) {
    if (key == "id") {
      secret.id = value;
    } else if (key == "src" || key == "source") {
      secret.file = value;
    } else if (key == "env") {
      secret.environment = value;
    } else if (key == "type" && (value == "file" || value == "env")) {
      type = value;
    } else {
      refuse_value(
          fmt::format("--secret has no {}={}; write id=NAME,src=FILE or id=NAME,env=VARIABLE.", key, value));
    }
  }
  if (secret.id.empty()) refuse_value("--secret needs an id: id=NAME,src=FILE or id=NAME,env=VARIABLE.");
  if (!secret.file.empty() && !secret.environment.empty())
    refuse_value(
        fmt::format("The secret {} comes from a file or from a variable, not from both.", secret.id));
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
  if (!secret.file.empty()) secret.file = files::absolute_path(secret.file, files::current_directory());
  return secret;
}

engine::SshSource parse_ssh(const std::string& text) {
  const std::size_t equals = text.find('=');
  engine::SshSource source{text.substr(0, equals), {}};
  if (source.id.empty()) source.id = "default";
  if (equals == std::string::npos || equals + 1 == text.size()) {
    const char* agent = ::getenv("SSH_AUTH_SOCK");
    if (agent == nullptr || *agent == '\0') {
      refuse_value(
          fmt::format("--ssh {0} needs an SSH agent: SSH_AUTH_SOCK is not set\nhint: start one with `eval "
                      "$(ssh-agent)`, or pass a key: --ssh {0}=KEYFILE",
                      source.id));
    }
    source.places = {agent};
    return source;
  }
  const auto places = base::split(std::string_view(text).substr(equals + 1), ',');
  for (const std::string_view place : places) {
    const std::string path = files::absolute_path(std::string(place), files::current_directory());
    struct stat info;
    if (place.empty() || ::stat(path.c_str(), &info) != 0)
      refuse_value(fmt::format("--ssh {}: {} not found (expected: the socket of an agent, or private keys)",
                               source.id, place.empty() ? "\"\"" : path));
    if (S_ISSOCK(info.st_mode) && places.size() > 1)
      refuse_value(fmt::format("--ssh {}: {} is a socket, which must be the only one", source.id, path));
    source.places.push_back(path);
  }
  return source;
}

BuildCall parse_build_call(const std::string& flag, const std::string& text) {
  using Method = BuildCall::Method;
  constexpr std::pair<std::string_view, Method> kMethods[] = {{"build", Method::kBuild},
                                                              {"check", Method::kCheck},
                                                              {"lint", Method::kCheck},
                                                              {"outline", Method::kOutline},
                                                              {"targets", Method::kTargets}};
  BuildCall call;
  bool named = false;
  for (const auto& [key, value] : parse_fields(flag, text)) {
    const auto method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                     [name = key](const auto& each) { return each.first == name; });
    if (!named && value.empty() && method != std::end(kMethods)) {
      call.method = method->second;
      named = true;
    } else if (key == "format" && (value == "json" || value == "text")) {
      call.json = value == "json";
    } else if (key == "ignorestatus" && (value == "true" || value == "false" || value.empty())) {
      call.ignore_status = value != "false";
    } else {
      refuse_value(
          fmt::format("invalid value \"{}\" for {} (expected: check, outline, targets or build, then "
                      "perhaps format=json, ignorestatus=true)",
                      text, flag));
    }
  }
  return call;
}

oci::Reference parse_image_name(const std::string& flag, const std::string& text) {
  if (text.empty()) refuse_value(fmt::format("{} needs a name.", flag));
  oci::Reference name = oci::parse_reference(text);
  if (name.digest) refuse_value("A digest is made from the content; give the image a tag.");
  if (name.tag.empty()) name.tag = "latest";
  return name;
}

std::vector<cli::Choice> output_choices() {
  std::vector<cli::Choice> choices;
  for (const exporter::OutputType& each : exporter::output_types())
    if (!each.summary.empty()) choices.push_back({each.name, each.summary});
  return choices;
}

exporter::Output parse_output(const std::string& text) {
  exporter::Output output;
  if (text.find('=') == std::string::npos) {
    // BuildKit's short form: a name alone is a directory; ours also takes a tar by its name.
    const bool tar = text == "-" || text.ends_with(".tar");
    output.type = exporter::find_output_type(tar ? "tar" : "local");
    output.destination = text;
    check_destination(output);
    return output;
  }
  std::string type;
  bool tar = true;
  bool push = false;
  for (const auto& [key, value] : parse_fields("--output", text)) {
    if (key == "type") {
      type = value;
    } else if (key == "dest") {
      output.destination = value;
    } else if (key == "name") {
      // Several have commas between, in quotes: "name=a:1,b:2".
      for (const std::string_view name : base::split(value, ','))
        output.names.push_back(parse_image_name("--output name=", std::string(name)));
    } else if (key == "tar" && (value == "true" || value == "false")) {
      tar = value == "true";
    } else if (key == "push" && (value == "true" || value == "false")) {
      push = value == "true";
    } else {
      refuse_output_field(key, value);
    }
  }
  if (push && type != "image" && type != "registry")
    refuse_value(fmt::format("push=true is for type=image; --output type={} stays here.", type));
  if (push) type = "registry";
  if (type == "cacheonly") {
    refuse_value(
        "--output type=cacheonly is what is left of `ix build` without -t: the store keeps what was built. "
        "Leave it out.");
  }
  output.type = exporter::find_output_type(type, tar);
  if (output.type == nullptr)
    refuse_value(
        fmt::format("--output type={} is not known; it is {}.", type, cli::choices_text(output_choices())));
  if (!output.type->needs_destination() && !output.destination.empty())
    refuse_value(fmt::format("--output type={} has no dest.", type));
  if (output.type->needs_destination() && output.destination.empty()) {
    refuse_value(fmt::format("--output type={} needs dest=PATH; - is standard output.{}{}", type,
                             output.type->advice.empty() ? "" : " ", output.type->advice));
  }
  check_destination(output);
  return output;
}

}  // namespace ixian::commands
