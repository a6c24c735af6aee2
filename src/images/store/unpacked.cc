// Which tree a compressed blob unpacks to, and whether it has gaps, as found when it was unpacked. It saves
// unpacking a layer to learn its diff ID. Forgotten when neither the blob nor the tree is here any more.
#include "store/unpacked.h"

#include <string>
#include <vector>

namespace ixian::store {

std::optional<Unpacked> read_unpacked(Transaction& transaction, const oci::Digest& blob) {
  auto row = transaction.query("SELECT diff_id, gaps FROM unpacked WHERE blob = ?1", blob.text());
  if (!row.step()) return std::nullopt;
  const auto diff_id = oci::Digest::parse(row.text(0));
  if (!diff_id) return std::nullopt;
  return Unpacked{*diff_id, row.number(1) != 0};
}

void write_unpacked(Transaction& transaction, const oci::Digest& blob, const Unpacked& unpacked) {
  transaction.run("INSERT OR REPLACE INTO unpacked(blob, diff_id, gaps) VALUES(?1, ?2, ?3)", blob.text(),
                  unpacked.diff_id.text(), std::int64_t{unpacked.gaps ? 1 : 0});
}

void forget_unpacked(Transaction& transaction, const std::function<bool(const oci::Digest& blob)>& is_there) {
  std::vector<std::string> gone;
  {
    auto rows =
        transaction.query("SELECT blob FROM unpacked WHERE diff_id NOT IN (SELECT diff_id FROM tree)");
    while (rows.step()) {
      const auto blob = oci::Digest::parse(rows.text(0));
      if (!blob || !is_there(*blob)) gone.push_back(rows.text(0));
    }
  }
  for (const std::string& blob : gone) transaction.run("DELETE FROM unpacked WHERE blob = ?1", blob);
}

}  // namespace ixian::store
