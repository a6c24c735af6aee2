// All keys of a stage are asked for in all repositories at once, as HEAD requests for tags, and then the
// manifests are read from the last step backwards until one holds: one round trip for the tags and mostly one
// for the manifest, however long the stage. To ask from the end step by step would cost a round trip for each
// miss, which is the usual case after a change near the top of a Dockerfile.
//
// A registry that answers something wrong is a miss, never an error: nothing but time depends on a cache.
// Only what was lost is remembered, so that nobody pulls what is gone, and so that it is written anew.
#include "cache/cache_importer.h"

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "files/byte_sink.h"
#include "files/fs.h"
#include "oci/verifying_source.h"
#include "snapshot/blob_sink.h"

namespace ixian::cache {
namespace {

constexpr unsigned kTagsAtOnce = 24;
constexpr std::uint64_t kLargestListing = std::uint64_t{1} << 30;

// A verified blob, which may be larger than what memory is for.
files::UniqueFd read_to_file(oci::ImageRepo& repo, const oci::Descriptor& blob) {
  if (blob.size > kLargestListing) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("file listing {} is too large: {} bytes", blob.digest.text(), blob.size));
  }
  oci::VerifiedBlob verified(
      blob, [&](std::uint64_t offset) { return repo.open_blob(blob, offset); }, repo.name());
  files::UniqueFd file = files::nameless_file();
  files::FileSink sink(file.get(), "a temporary file");
  const auto source = verified.open(0);
  std::vector<char> buffer(64 << 10);
  while (const std::size_t count = source->read(buffer.data(), buffer.size()))
    sink.write({buffer.data(), count});
  return file;
}

// nullopt as well where the repository cannot be asked.
std::optional<oci::Descriptor> find_tag(CacheRepo& repo, const std::string& tag, base::EventSink& sink) {
  if (!repo.usable()) return std::nullopt;
  try {
    return repo.images()->find(tag);
  } catch (const base::Error& error) {
    repo.give_up(sink, error.advised());
    return std::nullopt;
  }
}

void note_useless(base::EventSink& sink, const CacheRepo& repo, const std::string& tag,
                  std::string_view reason) {
  sink.log(base::kNoActivity, base::LogLevel::kDebug,
           fmt::format("{}:{} not used: {}", repo.name(), tag, reason));
}

}  // namespace

// Whether the layers that are to be had from the repository, and are not here, are still there.
bool CacheImporter::are_there(const snapshot::LayerStack& layers, CacheRepo& repo) {
  std::atomic<bool> all{true};
  base::parallel_for(layers.size(), kTagsAtOnce, [&](std::size_t i) {
    if (layers[i]->origin() != repo.images() || services_.store().has_blob(layers[i]->blob())) return;
    if (!repo.images()->has_blob(layers[i]->blob())) all = false;
  });
  return all;
}

std::optional<CacheImporter::Hit> CacheImporter::find_last(const std::vector<CacheQuery>& wanted) {
  const std::size_t count = repos_.size();
  std::vector<std::optional<oci::Descriptor>> there(wanted.size() * count);
  base::parallel_for(there.size(), kTagsAtOnce, [&](std::size_t i) {
    services_.cancellation().throw_if_requested();
    there[i] = find_tag(*repos_[i % count], cache_tag(wanted[i / count].key), services_.sink());
  });
  for (std::size_t index = wanted.size(); index-- > 0;) {
    const std::string tag = cache_tag(wanted[index].key);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& found = there[index * count + i];
      if (!found) continue;
      const auto lost = [&](const std::string& reason) {
        services_.note_loss(repos_[i]->name(), tag, reason);
      };
      try {
        const auto manifest = repos_[i]->images()->read_manifest(found->digest.text());
        if (!manifest) {
          lost(fmt::format("{} exists, but its manifest {} does not", tag, found->digest.text()));
          continue;
        }
        Hit hit{index, read_cache_image(*manifest, wanted[index], services_, repos_[i]->images()),
                repos_[i]->name()};
        // Layers are asked for one by one only where something has been found lost already: a HEAD for each
        // would double the cost of every hit.
        if (!services_.losses().any_in(repos_[i]->name()) || are_there(hit.state.layers, *repos_[i]))
          return hit;
        lost(fmt::format("{} lacks a layer", tag));
      } catch (const base::Error& error) {
        lost(error.message());
      } catch (const std::invalid_argument& error) {
        note_useless(services_.sink(), *repos_[i], tag, error.what());
      }
    }
  }
  return std::nullopt;
}

std::shared_ptr<const layer::LayerListing> find_listing(const std::vector<std::shared_ptr<CacheRepo>>& repos,
                                                        const oci::Digest& diff_id,
                                                        const oci::Descriptor& blob, store::Store& store,
                                                        oci::Losses& losses, base::EventSink& sink) {
  const std::string tag = listing_tag(diff_id);
  for (const auto& repo : repos) {
    if (!repo->usable()) continue;
    // Kept under a name of its own, never under the diffID: it is what a registry claims, until the layer has
    // been read.
    const oci::Digest claim = oci::Digest::of(
        fmt::format("{} says what is in {}, blob {}", repo->name(), diff_id.text(), blob.digest.text()));
    try {
      files::UniqueFd file = store.open_listing(claim);
      const bool kept = file.valid();
      if (!kept) {
        const auto manifest = repo->images()->read_manifest(tag);
        if (!manifest) continue;
        file = read_to_file(*repo->images(), read_listing_artifact(*manifest, diff_id, blob.digest));
      }
      auto listing = std::make_shared<const layer::LayerListing>(layer::LayerListing::parse(std::move(file)));
      if (!kept) snapshot::keep_listing(store, claim, *listing);
      return listing;
    } catch (const base::Error& error) {
      // The layer itself says what is in it, and who writes listings writes this one anew.
      losses.note(repo->name(), tag);
      note_useless(sink, *repo, tag, error.message());
    } catch (const std::invalid_argument& error) {
      note_useless(sink, *repo, tag, error.what());
    }
  }
  return nullptr;
}

}  // namespace ixian::cache
