#include "build_flags/cache_option_values.h"

#include <fmt/format.h>

#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "cli/fields.h"
#include "cli/parser.h"
#include "files/fs.h"
#include "layout/folder_reference.h"
#include "oci/reference.h"

namespace ixian::build_flags {
namespace {

[[noreturn]] void refuse_cache(const std::string& message) {
  throw base::Error(base::ErrorCode::kUsage, message);
}

std::string repository_of(std::string_view text) {
  return oci::parse_reference(std::string(text)).name();
}

struct CacheFields {
  std::string type = "registry";
  std::string ref;
  std::string folder;
  std::string mode;
};

CacheFields read_fields(const std::string& flag, const std::string& text) {
  const std::string folder_key = flag == "--cache-to" ? "dest" : "src";
  CacheFields fields;
  for (const auto& [written, value] : cli::parse_fields(flag, text)) {
    const std::string key = base::to_lower(written);
    if (key == "type") fields.type = value;
    if (key == "ref") fields.ref = value;
    if (key == folder_key) fields.folder = value;
    if (key == "mode") fields.mode = value;
    if (key == "registry.insecure" && cli::parse_bool(value).value_or(true)) {
      refuse_cache(
          fmt::format("{} does not support {}={}\nhint: copy the registry's CA certificate to "
                      "/etc/docker/certs.d/REGISTRY, or use a registry of localhost",
                      flag, key, value));
    }
    // The others say how buildx is to write what ix writes in one way.
  }
  return fields;
}

}  // namespace

CacheOption parse_cache_option(const std::string& flag, const std::string& text) {
  CacheOption option;
  if (text.find('=') == std::string::npos) {
    for (const std::string_view each : base::split(text, ','))
      option.repositories.push_back(repository_of(each));
    return option;
  }
  const CacheFields fields = read_fields(flag, text);
  if (!fields.mode.empty() && fields.mode != "min" && fields.mode != "max")
    refuse_cache(fmt::format("invalid value \"{}\" for {} mode= (expected: min, max)", fields.mode, flag));
  if (fields.mode == "min")
    option.note = flag + " mode=min has no effect: every step is stored, as with mode=max";
  if (fields.type == "registry") {
    if (fields.ref.empty()) refuse_cache(fmt::format("{} type=registry needs ref=HOST/NAME", flag));
    option.repositories.push_back(repository_of(fields.ref));
  } else if (fields.type == "local") {
    const std::string key = flag == "--cache-to" ? "dest" : "src";
    const std::string folder = files::absolute_path(fields.folder, files::current_directory());
    if (fields.folder.empty() || folder == "/")
      refuse_cache(fmt::format("{} type=local needs {}=DIRECTORY", flag, key));
    option.repositories.push_back(layout::folder_repository(folder));
  } else if (fields.type != "inline") {
    // Each image of a stage in the store or a registry is cache already, as inline has it.
    refuse_cache(
        fmt::format("{} does not support type={} (expected: registry, local, inline)\nhint: use a repository "
                    "of a registry, "
                    "`{} HOST/NAME`, or a directory that CI keeps between jobs, `{} type=local,{}=DIRECTORY`",
                    flag, fields.type, flag, flag, flag == "--cache-to" ? "dest" : "src"));
  }
  return option;
}

bool is_folder_cache(const std::string& repository) {
  return layout::repository_folder(oci::parse_reference(repository)).has_value();
}

std::string shown_cache(const std::string& repository) {
  return layout::repository_folder(oci::parse_reference(repository)).value_or(repository);
}

}  // namespace ixian::build_flags
