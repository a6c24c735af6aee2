// Names and cache entries, as rows. Each write gets the next number of one counter, by which a collection
// sees what was written since its snapshot; a clock would not do, as two writes may have one time. A row that
// cannot be read is none.
#include "store/records.h"

#include <utility>

namespace ixian::store {
namespace {

std::optional<oci::Descriptor> descriptor(std::string media_type, const std::string& digest,
                                          std::int64_t size) {
  auto parsed = oci::Digest::parse(digest);
  if (!parsed || size < 0) return std::nullopt;
  return oci::Descriptor{
      std::move(media_type), std::move(*parsed), static_cast<std::uint64_t>(size), {}, {}, {}, {}};
}

// Of a row of name, media_type, digest, size, used.
std::optional<ImageName> name_in(const SqlStatement& row) {
  auto image = descriptor(row.text(1), row.text(2), row.number(3));
  if (!image) return std::nullopt;
  return ImageName{row.text(0), std::move(*image), row.number(4)};
}

void count_root(Transaction& transaction) {
  transaction.run("UPDATE counter SET roots = roots + 1");
}

}  // namespace

std::optional<ImageName> read_name(Transaction& transaction, const std::string& name) {
  auto row = transaction.query("SELECT name, media_type, digest, size, used FROM name WHERE name = ?1", name);
  return row.step() ? name_in(row) : std::nullopt;
}

std::vector<ImageName> read_names(Transaction& transaction, std::int64_t since) {
  std::vector<ImageName> names;
  auto rows = transaction.query(
      "SELECT name, media_type, digest, size, used FROM name WHERE written > ?1 ORDER BY name", since);
  while (rows.step()) {
    if (auto name = name_in(rows)) names.push_back(std::move(*name));
  }
  return names;
}

void write_name(Transaction& transaction, const ImageName& name) {
  count_root(transaction);
  transaction.run(
      "INSERT OR REPLACE INTO name(name, media_type, digest, size, used, written)"
      " SELECT ?1, ?2, ?3, ?4, ?5, roots FROM counter",
      name.name, name.image.media_type, name.image.digest.text(), static_cast<std::int64_t>(name.image.size),
      name.used);
}

bool remove_name(Transaction& transaction, const std::string& name) {
  transaction.run("DELETE FROM name WHERE name = ?1", name);
  return transaction.changes() > 0;
}

std::optional<CacheEntry> read_entry(Transaction& transaction, const std::string& key) {
  CacheEntry entry;
  {
    auto row = transaction.query("SELECT value FROM entry WHERE key = ?1", key);
    if (!row.step()) return std::nullopt;
    entry.value = base::Json::parse(row.text(0), nullptr, false);
    if (entry.value.is_discarded()) return std::nullopt;
  }
  auto blobs =
      transaction.query("SELECT media_type, digest, size FROM entry_blob WHERE key = ?1 ORDER BY place", key);
  while (blobs.step()) {
    auto blob = descriptor(blobs.text(0), blobs.text(1), blobs.number(2));
    if (!blob) return std::nullopt;
    entry.blobs.push_back(std::move(*blob));
  }
  auto trees = transaction.query("SELECT diff_id FROM entry_tree WHERE key = ?1 ORDER BY place", key);
  while (trees.step()) {
    auto diff_id = oci::Digest::parse(trees.text(0));
    if (!diff_id) return std::nullopt;
    entry.trees.push_back(std::move(*diff_id));
  }
  return entry;
}

void write_entry(Transaction& transaction, const std::string& key, const CacheEntry& entry,
                 std::int64_t now) {
  remove_entry(transaction, key);
  count_root(transaction);
  transaction.run("INSERT INTO entry(key, value, used, written) SELECT ?1, ?2, ?3, roots FROM counter", key,
                  base::canonical_json(entry.value), now);
  std::int64_t place = 0;
  for (const oci::Descriptor& blob : entry.blobs) {
    transaction.run("INSERT INTO entry_blob(key, place, media_type, digest, size) VALUES(?1, ?2, ?3, ?4, ?5)",
                    key, place++, blob.media_type, blob.digest.text(), static_cast<std::int64_t>(blob.size));
  }
  for (const oci::Digest& diff_id : entry.trees) {
    transaction.run("INSERT INTO entry_tree(key, place, diff_id) VALUES(?1, ?2, ?3)", key, place++,
                    diff_id.text());
  }
}

bool remove_entry(Transaction& transaction, const std::string& key) {
  transaction.run("DELETE FROM entry WHERE key = ?1", key);
  return transaction.changes() > 0;
}

std::vector<std::pair<std::string, std::int64_t>> entry_keys(Transaction& transaction, std::int64_t since) {
  std::vector<std::pair<std::string, std::int64_t>> keys;
  auto rows = transaction.query("SELECT key, used FROM entry WHERE written > ?1", since);
  while (rows.step()) keys.emplace_back(rows.text(0), rows.number(1));
  return keys;
}

std::int64_t roots_written(Transaction& transaction) {
  auto row = transaction.query("SELECT roots FROM counter");
  return row.step() ? row.number(0) : 0;
}

}  // namespace ixian::store
