#include "run/build_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <tuple>
#include <variant>

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "oci/copy_image.h"
#include "oci/manifest.h"
#include "oci/media_types.h"

namespace ixian::run {
namespace {

constexpr std::string_view kPrefix = "build-";
constexpr char kRecordType[] = "application/vnd.ixian.build.v1+json";
constexpr char kEmptyType[] = "application/vnd.oci.empty.v1+json";
constexpr char kCacheAnnotation[] = "ixian.cache.tags";
constexpr int kSchema = 1;
constexpr std::size_t kLongestBranch = 60;
constexpr std::size_t kTimeDigits = 19;  // 20261126T014500123Z
constexpr std::size_t kKeyDigits = 8;
constexpr std::size_t kLargestRecord = 64 << 20;

bool fits_tag(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '-';
}

oci::Descriptor put(oci::ImageRepo& repo, const std::string& type, const std::string& bytes) {
  oci::Descriptor blob{type, oci::Digest::of(bytes), bytes.size(), {}, {}, {}, {}};
  oci::write_blob(repo, blob, bytes);
  return blob;
}

std::string document(const BuildRecord& record) {
  base::Json stages = base::Json::array();
  for (const RecordedStage& each : record.stages)
    stages.push_back(
        {{"stage", each.stage}, {"image", each.image}, {"key", each.key}, {"inputs", each.inputs}});
  return base::canonical_json(
      {{"schema", kSchema}, {"branch", record.branch}, {"stages", std::move(stages)}});
}

// Beside the layer, so that a build that found what another one has built has the same layer.
void add_cache(const BuildRecord& record, oci::Manifest& manifest) {
  base::Json all = base::Json::object();
  for (const RecordedStage& each : record.stages) {
    if (!each.cache.empty()) all[each.image] = each.cache;
  }
  if (!all.empty()) manifest.annotations[kCacheAnnotation] = base::canonical_json(all);
}

void read_cache(const oci::Manifest& manifest, BuildRecord& record) {
  const auto found = manifest.annotations.find(kCacheAnnotation);
  if (found == manifest.annotations.end()) return;
  const base::Json all = base::parse_json(found->second);
  for (RecordedStage& each : record.stages) {
    if (all.contains(each.image)) each.cache = all.at(each.image).get<std::vector<std::string>>();
  }
}

// "ref: refs/heads/main" of .git/HEAD. In a worktree .git is a file that leads elsewhere.
std::string checked_out(const std::string& folder) {
  const std::string git = folder + "/.git";
  auto head = base::read_file(git + "/HEAD");
  if (!head) {
    constexpr std::string_view kElsewhere = "gitdir: ";
    const auto link = base::read_file(git);
    if (!link || !link->starts_with(kElsewhere)) return "";
    const std::string_view path = base::trim(std::string_view(*link).substr(kElsewhere.size()));
    head = base::read_file(base::absolute_path(std::string(path), folder) + "/HEAD");
  }
  constexpr std::string_view kBranch = "ref: refs/heads/";
  if (!head || !head->starts_with(kBranch)) return "";
  return std::string(base::trim(std::string_view(*head).substr(kBranch.size())));
}

}  // namespace

std::optional<RecordTag> parse_record_tag(std::string_view tag) {
  if (!tag.starts_with(kPrefix)) return std::nullopt;
  constexpr std::size_t kRest = 1 + kTimeDigits + 1 + kKeyDigits;
  if (tag.size() <= kPrefix.size() + kRest) return std::nullopt;
  const std::string_view branch = tag.substr(kPrefix.size(), tag.size() - kPrefix.size() - kRest);
  const std::string_view rest = tag.substr(kPrefix.size() + branch.size());
  const std::string_view time = rest.substr(1, kTimeDigits);
  if (rest[0] != '-' || rest[1 + kTimeDigits] != '-' || time[8] != 'T' || time.back() != 'Z')
    return std::nullopt;
  for (std::size_t i = 0; i + 1 < time.size(); ++i) {
    if (i != 8 && (time[i] < '0' || time[i] > '9')) return std::nullopt;
  }
  return RecordTag{std::string(tag), std::string(branch), std::string(time)};
}

std::vector<RecordTag> record_tags(const std::vector<std::string>& tags) {
  std::vector<RecordTag> records;
  for (const std::string& tag : tags) {
    if (auto record = parse_record_tag(tag)) records.push_back(std::move(*record));
  }
  std::sort(records.begin(), records.end(), [](const RecordTag& a, const RecordTag& b) {
    return std::tie(b.time, b.tag) < std::tie(a.time, a.tag);
  });
  return records;
}

std::string branch_in_tag(std::string_view branch) {
  std::string name;
  for (const char c : branch.substr(0, kLongestBranch)) name += fits_tag(c) ? c : '-';
  return name.empty() ? "none" : name;
}

void write_record(oci::ImageRepo& repo, const BuildRecord& record,
                  std::chrono::system_clock::time_point now) {
  oci::Manifest manifest{
      std::string(oci::kOciManifest), put(repo, kEmptyType, "{}"), {}, {}, kRecordType, {}};
  manifest.layers.push_back(put(repo, kRecordType, document(record)));
  const std::string digest(manifest.layers.back().digest.hex());
  const std::tm utc = fmt::gmtime(std::chrono::system_clock::to_time_t(now));
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  manifest.annotations["org.opencontainers.image.created"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
  add_cache(record, manifest);
  repo.put_manifest(fmt::format("{}{}-{:%Y%m%dT%H%M%S}{:03}Z-{}", kPrefix, branch_in_tag(record.branch), utc,
                                milliseconds, digest.substr(0, kKeyDigits)),
                    oci::raw(manifest));
}

std::optional<BuildRecord> read_record(oci::ImageRepo& repo, const std::string& tag) {
  const auto raw = repo.read_manifest(tag);
  if (!raw) return std::nullopt;
  try {
    const auto manifest = std::get<oci::Manifest>(raw->parsed());
    if (manifest.artifact_type != kRecordType || manifest.layers.size() != 1) return std::nullopt;
    const base::Json json =
        base::parse_json(oci::read_blob(repo, manifest.layers[0], kLargestRecord), kLargestRecord, 64);
    if (json.at("schema") != kSchema) return std::nullopt;
    BuildRecord record{json.at("branch").get<std::string>(), {}};
    for (const base::Json& each : json.at("stages")) {
      record.stages.push_back({each.at("stage").get<std::string>(),
                               each.at("image").get<std::string>(),
                               each.at("key").get<std::string>(),
                               each.at("inputs"),
                               {}});
    }
    read_cache(manifest, record);
    return record;
  } catch (const base::Error&) {
    throw;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string branch_name(const std::string& configured, const std::string& project_folder) {
  if (!configured.empty()) return configured;
  for (const char* variable : {"GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME",
                               "BUILDKITE_BRANCH", "CIRCLE_BRANCH"}) {
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') return value;
  }
  const std::string branch = checked_out(project_folder);
  return branch.empty() ? "none" : branch;
}

}  // namespace ixian::run
