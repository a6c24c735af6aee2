// Where the store is, and what its folder looks like.
//
//   version              "1": the form of all this
//   store.db             SQLite: names, cache entries, trees, leases
//   blobs/sha256/HEX     as in an OCI image layout
//   trees/HEX            an extracted layer, by its diffID; usable as an overlay lower directory
//   trees/HEX.listing    what is in that layer; may be there without the tree
//   leases/              a locked file for each process that builds
//   work/                folders for what is being made, locked like leases
//   trash/               what is being removed
//   locks                an empty file to lock bytes of
//   file-cache           the engine's: digests of files of build contexts, by their status
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "oci/digest.h"

namespace ixian::store {

// $IXIAN_STORE; else $XDG_DATA_HOME/ixian where that is set; else /var/lib/ixian for root, and
// ~/.local/share/ixian for others. Relative values of the environment are taken from the current folder;
// XDG_DATA_HOME, as its specification asks, counts only where it is absolute. Throws Error{kUsage} where
// there is no home folder either.
std::string default_folder();

// The names of things in a store's directory, and the making of it. Immutable but for what is on the disk.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string version() const { return path_ + "/version"; }
  std::string database() const { return path_ + "/store.db"; }
  std::string blobs() const { return path_ + "/blobs"; }
  std::string trees() const { return path_ + "/trees"; }
  std::string tree(const oci::Digest& diff_id) const;
  std::string listing(const oci::Digest& diff_id) const { return tree(diff_id) + ".listing"; }
  std::string leases() const { return path_ + "/leases"; }
  std::string work() const { return path_ + "/work"; }
  std::string trash() const { return path_ + "/trash"; }
  std::string locks() const { return path_ + "/locks"; }

  // There is a store, of whatever version.
  bool exists() const;

  // There is one, and we may not write to it: on a medium that can only be read, or another user's.
  bool only_for_reading() const;
  // What is in a store is built from and run, so its owner decides what is built. Throws Error{kRegistry}
  // where that is somebody else, or everybody may write to it (files/trust.h). A store that is not there is
  // fine, and one that is only for reading.
  void require_trusted() const;

  // Makes what is missing, durably, for this user alone (0700: trees hold programs that are setuid); the
  // version last. Throws Error{kRegistry} where the store is of a newer version, or the folder holds other
  // things.
  void make(base::Cancellation& cancellation) const;

 private:
  bool has_known_version() const;

  std::string path_;
};

// What a name in trees/ stands for: 64 or 128 hexadecimal digits. nullopt for anything else.
std::optional<oci::Digest> diff_id_of(std::string_view name);

}  // namespace ixian::store
