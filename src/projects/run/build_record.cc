// A record as an OCI artifact (build_record.h has its form). What is read comes from a registry, where
// anybody may have put anything under such a tag: what is no record that this ix can read is as if it were
// not there. A newer ix's record is one of those, and its images are then nobody's to remove.
#include "run/build_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <set>
#include <stdexcept>
#include <tuple>
#include <variant>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "files/fs.h"
#include "oci/copy_image.h"
#include "oci/manifest.h"
#include "oci/media_types.h"

namespace ixian::run {
namespace {

constexpr std::string_view kDonePrefix = "build-";
constexpr std::string_view kBegunPrefix = "begun-";
constexpr char kRecordType[] = "application/vnd.ixian.build.v1+json";
constexpr char kEmptyType[] = "application/vnd.oci.empty.v1+json";
constexpr char kCacheAnnotation[] = "ixian.cache.tags";
constexpr char kSummaryAnnotation[] = "ixian.build.summary";
constexpr char kRenewedAnnotation[] = "ixian.build.renewed";
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
base::Json cache_of(const BuildRecord& record) {
  base::Json all = base::Json::object();
  for (const RecordedStage& each : record.stages) {
    if (!each.cache.empty()) all[each.image] = each.cache;
  }
  return all;
}

base::Json summary_of(const BuildRecord& record) {
  base::Json stages = base::Json::array();
  for (const RecordedStage& each : record.stages)
    stages.push_back({{"stage", each.stage}, {"image", each.image}, {"key", each.key}});
  return {{"branch", record.branch}, {"stages", std::move(stages)}};
}

BuildRecord record_in(const base::Json& json) {
  BuildRecord record{json.at("branch").get<std::string>(), {}};
  for (const base::Json& each : json.at("stages")) {
    record.stages.push_back({each.at("stage").get<std::string>(),
                             each.at("image").get<std::string>(),
                             each.at("key").get<std::string>(),
                             each.contains("inputs") ? each.at("inputs") : base::Json(),
                             {}});
  }
  return record;
}

void read_cache(const oci::Manifest& manifest, BuildRecord& record) {
  const auto found = manifest.annotations.find(kCacheAnnotation);
  if (found == manifest.annotations.end()) return;
  const base::Json all = base::parse_json(found->second);
  for (RecordedStage& each : record.stages) {
    if (all.contains(each.image)) each.cache = all.at(each.image).get<std::vector<std::string>>();
  }
}

std::optional<oci::Manifest> record_manifest(const oci::RawManifest& raw) {
  const oci::AnyManifest parsed = raw.parsed();
  const auto* manifest = std::get_if<oci::Manifest>(&parsed);
  if (manifest == nullptr || manifest->artifact_type != kRecordType || manifest->layers.size() != 1)
    return std::nullopt;
  return *manifest;
}

BuildRecord read_document(oci::ImageRepo& repo, const oci::Manifest& manifest) {
  const base::Json json =
      base::parse_json(oci::read_blob(repo, manifest.layers[0], kLargestRecord), kLargestRecord, 64);
  if (json.at("schema") != kSchema) throw std::invalid_argument("another schema");
  BuildRecord record = record_in(json);
  read_cache(manifest, record);
  return record;
}

// What `read` makes of the manifest under a tag; nullopt where that is no record that this ix can read.
template <typename Result>
std::optional<Result> read_as(oci::ImageRepo& repo, const std::string& tag,
                              Result (*read)(oci::ImageRepo&, const oci::RawManifest&,
                                             const oci::Manifest&)) {
  const auto raw = repo.read_manifest(tag);
  if (!raw) return std::nullopt;
  try {
    const auto manifest = record_manifest(*raw);
    if (!manifest) return std::nullopt;
    return read(repo, *raw, *manifest);
  } catch (const base::Error&) {
    throw;
    // Under a tag like ours, and not ours: as if it were not there.
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string first_digits(std::string_view bytes) {
  return base::sha256_hex(bytes).substr(0, kKeyDigits);
}

std::string_view prefix_of(RecordKind kind) {
  return kind == RecordKind::kDone ? kDonePrefix : kBegunPrefix;
}

// "ref: refs/heads/main" of .git/HEAD. In a worktree .git is a file that leads elsewhere.
std::string checked_out(const std::string& folder) {
  const std::string git = folder + "/.git";
  auto head = files::read_file(git + "/HEAD");
  if (!head) {
    constexpr std::string_view kElsewhere = "gitdir: ";
    const auto link = files::read_file(git);
    if (!link || !link->starts_with(kElsewhere)) return "";
    const std::string_view path = base::trim(std::string_view(*link).substr(kElsewhere.size()));
    head = files::read_file(files::absolute_path(std::string(path), folder) + "/HEAD");
  }
  constexpr std::string_view kBranch = "ref: refs/heads/";
  if (!head || !head->starts_with(kBranch)) return "";
  return std::string(base::trim(std::string_view(*head).substr(kBranch.size())));
}

}  // namespace

std::optional<RecordTag> parse_record_tag(std::string_view tag) {
  RecordTag found;
  found.tag = tag;
  found.kind = tag.starts_with(kDonePrefix) ? RecordKind::kDone : RecordKind::kBegun;
  const std::string_view prefix = prefix_of(found.kind);
  constexpr std::size_t kRest = 1 + kTimeDigits + 1 + kKeyDigits;
  if (!tag.starts_with(prefix) || tag.size() <= prefix.size() + kRest) return std::nullopt;
  // From the end, where lengths are fixed: a branch may have hyphens.
  const std::string_view branch = tag.substr(prefix.size(), tag.size() - prefix.size() - kRest);
  const std::string_view rest = tag.substr(prefix.size() + branch.size());
  const std::string_view time = rest.substr(1, kTimeDigits);
  const std::string_view digits = rest.substr(2 + kTimeDigits);
  if (rest[0] != '-' || rest[1 + kTimeDigits] != '-' || time[8] != 'T' || time.back() != 'Z')
    return std::nullopt;
  for (std::size_t i = 0; i + 1 < time.size(); ++i) {
    if (i != 8 && (time[i] < '0' || time[i] > '9')) return std::nullopt;
  }
  if (!std::all_of(digits.begin(), digits.end(), oci::is_lower_hex)) return std::nullopt;
  found.branch = branch;
  found.time = time;
  found.digits = digits;
  return found;
}

std::string tag_text(const RecordTag& tag) {
  return fmt::format("{}{}-{}-{}", prefix_of(tag.kind), tag.branch, tag.time, tag.digits);
}

std::string time_in_tag(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  return fmt::format("{:%Y%m%dT%H%M%S}{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     milliseconds);
}

std::vector<RecordTag> record_tags(const std::vector<std::string>& tags) {
  std::vector<RecordTag> records;
  for (const std::string& tag : tags) {
    if (auto record = parse_record_tag(tag); record && record->kind == RecordKind::kDone)
      records.push_back(std::move(*record));
  }
  std::sort(records.begin(), records.end(), [](const RecordTag& a, const RecordTag& b) {
    return std::tie(b.time, b.tag) < std::tie(a.time, a.tag);
  });
  return records;
}

std::string tag_safe_branch(std::string_view branch) {
  if (branch.empty()) return "none";
  // A branch that fits is its own name; of any other the digest tells apart what looks alike once it is cut.
  if (branch.size() <= kLongestBranch && std::all_of(branch.begin(), branch.end(), fits_tag))
    return std::string(branch);
  std::string name;
  for (const char c : branch.substr(0, kLongestBranch - 1 - kKeyDigits)) name += fits_tag(c) ? c : '-';
  return name + "-" + first_digits(branch);
}

std::string write_record(oci::ImageRepo& repo, const BuildRecord& record,
                         std::chrono::system_clock::time_point time, RecordKind kind) {
  oci::Manifest manifest{
      std::string(oci::kOciManifest), put(repo, kEmptyType, "{}"), {}, {}, kRecordType, {}};
  manifest.layers.push_back(put(repo, kRecordType, document(record)));
  const base::Json cache = cache_of(record);
  if (!cache.empty()) manifest.annotations[kCacheAnnotation] = base::canonical_json(cache);
  manifest.annotations[kSummaryAnnotation] = base::canonical_json(summary_of(record));
  const RecordTag tag{"", kind, tag_safe_branch(record.branch), time_in_tag(time),
                      std::string(manifest.layers.back().digest.hex().substr(0, kKeyDigits))};
  // A manifest of its own for each tag, since registries remove by digest.
  manifest.annotations["org.opencontainers.image.created"] =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
  manifest.annotations["org.opencontainers.image.ref.name"] = tag_text(tag);
  repo.put_manifest(tag_text(tag), oci::raw(manifest));
  return tag_text(tag);
}

std::optional<BuildRecord> read_record(oci::ImageRepo& repo, const std::string& tag) {
  return read_as<BuildRecord>(
      repo, tag, [](oci::ImageRepo& from, const oci::RawManifest&, const oci::Manifest& manifest) {
        return read_document(from, manifest);
      });
}

std::optional<RecordSummary> summarize_record(oci::ImageRepo& repo, const std::string& tag) {
  return read_as<RecordSummary>(
      repo, tag, [](oci::ImageRepo& from, const oci::RawManifest& raw, const oci::Manifest& manifest) {
        const auto summary = manifest.annotations.find(kSummaryAnnotation);
        if (summary == manifest.annotations.end()) {
          // Without the annotation the document is read in whole, and its inputs are dropped, as a summary
          // has none.
          RecordSummary older{read_document(from, manifest), raw.descriptor.digest};
          for (RecordedStage& stage : older.record.stages) stage.inputs = nullptr;
          return older;
        }
        RecordSummary found{record_in(base::parse_json(summary->second, oci::kMaxManifestBytes)),
                            raw.descriptor.digest};
        read_cache(manifest, found.record);
        return found;
      });
}

base::Json recorded_inputs(oci::ImageRepo& repo, const std::string& stage) {
  std::set<std::pair<std::string, std::string>> known;
  for (const RecordTag& tag : record_tags(repo.tags())) {
    if (!known.emplace(tag.branch, tag.digits).second) continue;  // says what a newer one has said
    const auto summary = summarize_record(repo, tag.tag);
    const auto is_stage = [&](const RecordedStage& each) { return each.stage == stage; };
    if (!summary || std::none_of(summary->record.stages.begin(), summary->record.stages.end(), is_stage))
      continue;
    const auto record = read_record(repo, tag.tag);
    if (!record) continue;
    const auto found = std::find_if(record->stages.begin(), record->stages.end(), is_stage);
    if (found != record->stages.end() && !found->inputs.is_null()) return found->inputs;
  }
  return nullptr;
}

void renew_record(oci::ImageRepo& repo, const std::string& tag, const std::string& to) {
  const auto raw = repo.read_manifest(tag);
  if (!raw) return;
  auto manifest = std::get<oci::Manifest>(raw->parsed());
  // As above: a manifest of its own, by an annotation that differs.
  manifest.annotations[kRenewedAnnotation] = to;
  repo.put_manifest(to, oci::raw(manifest));
}

// A CI checks out a commit, not a branch, so its variables go before .git/HEAD.
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
