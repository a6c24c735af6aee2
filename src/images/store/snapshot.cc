// The database first, the folders after: a blob that is written in between is not led to by anything that was
// read, but its writer has a lease on it, which is looked at again before anything is removed.
#include "store/snapshot.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "oci/digest.h"
#include "store/reach.h"
#include "store/records.h"
#include "store/trash.h"

namespace ixian::store {
namespace {

constexpr std::string_view kListing = ".listing";

template <typename Visit>
void for_each_file(const std::string& folder, const Visit& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    visit(entry->path().filename().string(), entry->path().string());
  }
}

struct TreeRow {
  std::int64_t used = 0;
  bool complete = false;
  std::optional<std::uint64_t> bytes;
};

std::map<std::string, TreeRow> tree_rows(Transaction& transaction) {
  std::map<std::string, TreeRow> trees;
  auto rows = transaction.query("SELECT diff_id, used, state, bytes FROM tree");
  while (rows.step()) {
    TreeRow row{rows.number(1), rows.number(2) > 0, std::nullopt};
    if (!rows.is_null(3)) row.bytes = static_cast<std::uint64_t>(rows.number(3));
    trees[rows.text(0)] = row;
  }
  return trees;
}

// Measuring a tree takes a while, so what was measured once is remembered.
void remember_sizes(Database& database, const std::map<Object, std::uint64_t>& measured) {
  if (measured.empty() || database.only_reads()) return;
  Transaction transaction(database, TransactionMode::kWrite);
  for (const auto& [object, bytes] : measured) {
    transaction.run("UPDATE tree SET bytes = ?2 WHERE diff_id = ?1 AND state > 0",
                    object.substr(object.find(':') + 1), static_cast<std::int64_t>(bytes));
  }
  transaction.commit();
}

}  // namespace

std::vector<Inventory::Root> read_roots(Transaction& transaction, ReachableObjects& reach,
                                        std::int64_t since) {
  std::vector<Inventory::Root> roots;
  for (const ImageName& name : read_names(transaction, since)) {
    roots.push_back({name_object(name.name), name.used, reach.of(name.image)});
  }
  for (const auto& [key, used] : entry_keys(transaction, since)) {
    Inventory::Root root{entry_object(key), used, {}};
    if (const auto entry = read_entry(transaction, key)) {
      for (const auto& blob : entry->blobs) {
        const auto& objects = reach.of(blob);
        root.keeps.insert(objects.begin(), objects.end());
      }
      for (const auto& diff_id : entry->trees) root.keeps.insert(tree_object(diff_id));
    }
    roots.push_back(std::move(root));
  }
  return roots;
}

Inventory take_snapshot(Database& database, const Folder& folder, const layout::BlobFolder& blobs) {
  Inventory snapshot;
  std::map<std::string, TreeRow> rows;
  {
    Transaction transaction(database, TransactionMode::kRead);
    ReachableObjects reach(blobs);
    snapshot.roots_written = roots_written(transaction);
    snapshot.roots = read_roots(transaction, reach, 0);
    rows = tree_rows(transaction);
    auto kept = transaction.query("SELECT DISTINCT object FROM lease_keeps");
    while (kept.step()) snapshot.leased.insert(kept.text(0));
  }
  for (const std::string algorithm : {"sha256", "sha512"}) {
    for_each_file(folder.blobs() + "/" + algorithm, [&](const std::string& name, const std::string& path) {
      const auto digest = oci::Digest::parse(algorithm + ":" + name);
      if (digest) snapshot.things[blob_object(*digest)].bytes = disk_usage(path);
    });
  }
  std::map<Object, std::uint64_t> measured;
  for_each_file(folder.trees(), [&](const std::string& name, const std::string& path) {
    const bool is_listing = name.ends_with(kListing);
    const auto diff_id = diff_id_of(is_listing ? name.substr(0, name.size() - kListing.size()) : name);
    if (!diff_id) return;
    Inventory::Item& tree = snapshot.things[tree_object(*diff_id)];
    const auto row = rows.find(diff_id->text());
    if (row != rows.end()) tree.used = row->second.used;
    if (is_listing) {
      tree.bytes += disk_usage(path);
      return;
    }
    // What no row calls whole is being made, or was when its process died.
    tree.complete = row != rows.end() && row->second.complete;
    if (tree.complete && row->second.bytes) {
      tree.bytes += *row->second.bytes;
      return;
    }
    const std::uint64_t bytes = disk_usage(path);
    tree.bytes += bytes;
    if (tree.complete) measured[tree_object(*diff_id)] = bytes;
  });
  try {
    remember_sizes(database, measured);
  } catch (const base::Error&) {  // a full disk must not keep anybody from making room
  }
  return snapshot;
}

std::string path_of(const Object& thing, const Folder& folder, const layout::BlobFolder& blobs) {
  const std::size_t colon = thing.find(':');
  const auto digest = oci::Digest::parse(std::string_view(thing).substr(colon + 1));
  if (!digest) return "";
  return thing.starts_with("blob:") ? blobs.path(*digest) : folder.tree(*digest);
}

}  // namespace ixian::store
