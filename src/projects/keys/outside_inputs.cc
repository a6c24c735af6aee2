#include "keys/outside_inputs.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "keys/key_document.h"
#include "oci/reference.h"

namespace ixian::keys {
namespace {

constexpr unsigned kRequestsAtOnce = 16;

std::string digest_in_name(const DockerfileInputs::Image& image, const std::string& name) {
  try {
    const auto digest = oci::parse_reference(name).digest;
    return digest ? digest->text() : "";
  } catch (const base::Error& error) {
    throw image.source->error(image.at, error.message());
  }
}

}  // namespace

bool OutsideInputs::ask(const std::vector<LoadedStage*>& stages) {
  std::map<Image, ImageRequest> all = unknown_images(stages);
  std::vector<std::pair<const Image, ImageRequest>*> images;
  for (auto& each : all) images.push_back(&each);
  std::vector<RemoteRequest> remotes = unknown_remotes(stages);
  base::parallel_for(images.size() + remotes.size(), kRequestsAtOnce, [&](std::size_t i) {
    callbacks_.cancellation.throw_if_requested();
    if (i < images.size()) {
      auto& [image, request] = *images[i];
      blame_(*request.stage, [&, &to = image, &about = request] { send(to, about); });
    } else {
      RemoteRequest& request = remotes[i - images.size()];
      blame_(*request.stage, [&] { send(request); });
    }
  });
  for (RemoteRequest& each : remotes) remotes_.emplace_back(each.remote->what, std::move(each.answer));
  bool learnt = false;
  for (auto& [image, request] : all) {
    digests_[image] = std::move(request.digest);
    if (!request.facts) continue;
    bases_[image] = *std::move(request.facts);
    learnt = true;
  }
  return learnt;
}

std::map<OutsideInputs::Image, OutsideInputs::ImageRequest> OutsideInputs::unknown_images(
    const std::vector<LoadedStage*>& stages) const {
  std::map<Image, ImageRequest> all;
  for (const LoadedStage* each : stages) {
    for (const auto& image : each->inputs.images) {
      if (image.stage != nullptr || holds_stage_argument(image.name)) continue;
      const Image key(image.name, image.platform);
      const auto known = digests_.find(key);
      if (known != digests_.end() && !image.unknown) continue;
      ImageRequest& request = all.try_emplace(key, ImageRequest{each, "", false, {}}).first->second;
      request.base = request.base || image.unknown;
      if (known != digests_.end())
        request.digest = known->second;
      else
        blame_(*each, [&] { request.digest = digest_in_name(image, image.name); });
    }
  }
  return all;
}

// Once each.
std::vector<OutsideInputs::RemoteRequest> OutsideInputs::unknown_remotes(
    const std::vector<LoadedStage*>& stages) const {
  std::vector<RemoteRequest> all;
  for (const LoadedStage* each : stages) {
    for (const auto& remote : each->inputs.remotes) {
      const bool again = std::any_of(all.begin(), all.end(),
                                     [&](const auto& one) { return one.remote->what == remote.what; });
      if (!again && identity(remote.what) == nullptr) all.push_back({&remote, each, ""});
    }
  }
  return all;
}

void OutsideInputs::send(const Image& image, ImageRequest& request) const {
  const auto& [name, platform] = image;
  if (request.digest.empty()) request.digest = callbacks_.foreign_digest(name, platform);
  if (!request.base) return;
  if (callbacks_.known_base) request.facts = callbacks_.known_base(request.digest, platform);
  if (!request.facts) request.facts = callbacks_.foreign_base(name, request.digest, platform);
}

void OutsideInputs::send(RemoteRequest& request) const {
  if (!callbacks_.remote_identity) return;
  try {
    request.answer = callbacks_.remote_identity(request.remote->what);
  } catch (const base::Error& error) {
    const base::Error placed = request.remote->source->error(request.remote->at, error.message());
    throw base::Error(error.code(), placed.message(),
                      placed.context() + (error.context().empty() ? "" : "\n" + error.context()));
  }
}

const BaseFacts* OutsideInputs::known_base(const std::string& image, const std::string& platform) {
  const Image key(image, platform);
  if (const auto known = bases_.find(key); known != bases_.end()) return &known->second;
  if (!callbacks_.foreign_base) return &bases_[key];
  std::string digest;
  if (const auto known = digests_.find(key); known != digests_.end()) digest = known->second;
  try {
    if (const auto named = oci::parse_reference(image).digest; named && digest.empty())
      digest = named->text();
  } catch (const base::Error&) {
    return nullptr;  // whoever asks for it says so
  }
  if (digest.empty() || !callbacks_.known_base) return nullptr;
  auto facts = callbacks_.known_base(digest, platform);
  return facts ? &(bases_[key] = *std::move(facts)) : nullptr;
}

std::string OutsideInputs::digest(const DockerfileInputs::Image& image, const std::string& real_name) {
  std::string& known = digests_[Image(real_name, image.platform)];
  if (known.empty()) known = digest_in_name(image, real_name);
  if (known.empty()) known = callbacks_.foreign_digest(real_name, image.platform);
  return known;
}

const std::string* OutsideInputs::identity(const stages::RemoteSource& what) const {
  const auto known =
      std::find_if(remotes_.begin(), remotes_.end(), [&](const auto& each) { return each.first == what; });
  return known == remotes_.end() ? nullptr : &known->second;
}

}  // namespace ixian::keys
