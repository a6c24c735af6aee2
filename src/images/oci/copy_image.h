// The one way that the bytes of images move.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/event.h"
#include "oci/image_repo.h"

namespace ixian::oci {

struct CopyOptions {
  // Of an index: everything, or the image for `platform` alone. A plain image is copied whatever it is for.
  bool whole_index = false;
  std::optional<Platform> platform;  // unset: this machine's

  unsigned parallel = 8;  // blobs at once

  // An image that the destination names already is not believed to be whole: its parts are asked for, and
  // what is missing is sent.
  bool look_closer = false;

  // Told how many bytes of how many have moved, under `activity`. May be null.
  base::EventSink* events = nullptr;
  base::ActivityId activity = base::kNoActivity;
};

struct CopyResult {
  Descriptor image;  // what the destination's ref names now
  std::uint64_t bytes = 0;
  unsigned moved = 0;      // blobs whose bytes moved
  unsigned mounted = 0;    // blobs that appeared without
  unsigned skipped = 0;    // blobs that were there
  bool unchanged = false;  // the destination's ref named this image already; nothing but questions was sent
};

// Copies what `from_ref` names in `from` to `to_ref` (a tag, or "" to store it by digest alone) in `to`.
// Blobs first, all at once, largest first; then the manifests of an index; the named manifest last, so that a
// name never stands for something incomplete. Every byte is verified against its descriptor while it streams;
// nothing is held in memory or on disk on the way. Throws Error{kRegistry}, Cancelled.
CopyResult copy_image(ImageRepo& from, const std::string& from_ref, ImageRepo& to, const std::string& to_ref,
                      const CopyOptions& options, base::Cancellation& cancellation);

// The manifest that `ref` names, the right one of an index. nullopt where `ref` is not there;
// Error{kRegistry} where the index has nothing for the platform.
std::optional<RawManifest> read_image(ImageRepo& repo, const std::string& ref, const Platform& platform);

// A whole small blob, such as a config, verified. Throws Error{kRegistry}.
std::string read_blob(ImageRepo& repo, const Descriptor& blob, std::size_t limit = 16 << 20);

// Its counterpart: stores the bytes, unless they are there. Throws Error{kRegistry}.
void write_blob(ImageRepo& repo, const Descriptor& blob, std::string_view bytes);

}  // namespace ixian::oci
