// Looks whether all is as it should be, and changes nothing: names and entries lead to what is there, blobs
// hold what their names say, trees are whole, nothing is left of processes that ended. Others may work
// meanwhile, so what is locked is theirs, and what went away between two looks is no finding.
#include "store/check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <variant>

#include "base/error.h"
#include "base/text.h"
#include "layout/file_io.h"
#include "layout/stored_manifest.h"
#include "oci/media_types.h"
#include "store/file_lock.h"
#include "store/lease.h"
#include "store/records.h"

namespace ixian::store {
namespace {

class Check {
 public:
  explicit Check(const CollectorContext& parts) : parts_(parts) {}

  std::vector<std::string> run(bool read_blobs) {
    try {
      look_at_database();
      if (read_blobs) look_at_blobs();
      look_at_roots();
      look_at_trees();
      look_for_remains();
    } catch (const base::Error& error) {
      problem(error.advised());
    }
    return std::move(problems_);
  }

 private:
  void problem(std::string text) { problems_.push_back(std::move(text)); }

  template <typename Visit>
  void for_each_in(const std::string& folder, const Visit& visit) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      parts_.cancellation.throw_if_requested();
      visit(entry->path().string(), entry->path().filename().string());
    }
  }

  void look_at_database() {
    Transaction transaction(parts_.database, TransactionMode::kRead);
    for (const char* sql : {"PRAGMA quick_check", "PRAGMA foreign_key_check"}) {
      auto rows = transaction.query(sql);
      while (rows.step()) {
        if (rows.text(0) != "ok") problem(fmt::format("database damaged: {}", rows.text(0)));
      }
    }
  }

  void look_at_blobs() {
    for (const std::string algorithm : {"sha256", "sha512"}) {
      for_each_in(parts_.folder.blobs() + "/" + algorithm, [&](const std::string& path,
                                                               const std::string& name) {
        const auto digest = oci::Digest::parse(algorithm + ":" + name);
        if (!digest) return problem(fmt::format("{} is not a blob", base::printable_path(path)));
        const auto size = layout::file_size(path);
        if (!size) return;  // somebody has removed it
        const auto source = parts_.blobs.open({"", *digest, *size, {}, {}, {}, {}}, 0, parts_.cancellation);
        oci::Digester digester(digest->algorithm());
        std::vector<char> buffer(256 << 10);
        while (const std::size_t got = source->read(buffer.data(), buffer.size())) {
          digester.update({buffer.data(), got});
        }
        if (digester.finish() != *digest) {
          problem(fmt::format("blob {} is damaged (digest mismatch)\nhint: remove {}", digest->text(),
                              base::printable_path(path)));
        }
      });
    }
  }

  void look_at_roots() {
    std::vector<std::pair<std::string, oci::Descriptor>> kept;
    {
      Transaction transaction(parts_.database, TransactionMode::kRead);
      for (const ImageName& name : read_names(transaction)) {
        kept.emplace_back("tag " + base::printable_path(name.name), name.image);
      }
      auto rows = transaction.query("SELECT key FROM entry");
      while (rows.step()) {
        const auto entry = read_entry(transaction, rows.text(0));
        const std::string what = "cache entry " + base::printable_path(rows.text(0));
        if (!entry) {
          problem(what + " cannot be read");
          continue;
        }
        for (const oci::Descriptor& blob : entry->blobs) kept.emplace_back(what, blob);
      }
    }
    for (const auto& [what, blob] : kept) {
      if (!parts_.blobs.has(blob)) {
        problem(fmt::format("{} refers to blob {}, which is not found", what, blob.digest.text()));
      } else if (oci::is_manifest_type(blob.media_type) || oci::is_index_type(blob.media_type)) {
        look_at_manifest(what, blob.digest, 0);
      }
    }
  }

  void look_at_manifest(const std::string& what, const oci::Digest& digest, int depth) {
    const auto manifest = layout::read_stored_manifest(parts_.blobs, digest);
    if (!manifest)
      return problem(fmt::format("{} refers to {}, which is not a manifest", what, digest.text()));
    const auto parsed = manifest->parsed();
    if (const auto* index = std::get_if<oci::Index>(&parsed)) {
      for (const oci::Descriptor& part : index->manifests) {
        // Of an index, mostly one platform's image has been copied.
        // Indexes may hold indexes, and nothing says how deep.
        if (depth < 8 && parts_.blobs.has(part)) look_at_manifest(what, part.digest, depth + 1);
      }
      return;
    }
    const auto& image = std::get<oci::Manifest>(parsed);
    std::vector<oci::Descriptor> needed = image.layers;
    needed.push_back(image.config);
    for (const oci::Descriptor& blob : needed) {
      if (parts_.blobs.has(blob) || oci::is_foreign_layer_type(blob.media_type)) continue;
      problem(fmt::format("{} refers to blob {}, which is not found", what, blob.digest.text()));
    }
  }

  void look_at_trees() {
    for_each_in(parts_.folder.trees(), [&](const std::string& path, const std::string& name) {
      struct stat status = {};
      if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
      const auto diff_id = diff_id_of(name);
      if (!diff_id) return problem(fmt::format("{} is not an unpacked layer", base::printable_path(path)));
      // Whoever makes a tree holds the lock of its name until the database says that it is whole.
      if (parts_.trees.has(*diff_id) || is_being_made(*diff_id)) return;
      problem(fmt::format("unpacked layer {} is incomplete", base::printable_path(path)));
    });
  }

  bool is_being_made(const oci::Digest& diff_id) const {
    return !NameLock(parts_.folder.locks(), diff_id.text(), NameLock::Try::kNow).held();
  }

  void look_for_remains() {
    const auto left_behind = [&](const std::string& path) {
      problem(fmt::format("{} was left by a process that has ended", base::printable_path(path)));
    };
    for (const std::string& folder : {parts_.folder.blobs() + "/.incoming", parts_.folder.leases()}) {
      for_each_in(folder, [&](const std::string& path, const std::string&) {
        if (!is_locked(path)) left_behind(path);
      });
    }
    // Work "x.d" is locked by the file "x" beside it.
    for_each_in(parts_.folder.work(), [&](const std::string& path, const std::string&) {
      const std::string lock = path.ends_with(".d") ? path.substr(0, path.size() - 2) : path;
      if (!is_locked(lock)) left_behind(path);
    });
    for_each_in(parts_.folder.trees(), [&](const std::string& path, const std::string& name) {
      if (name.starts_with('.') && !is_locked(path)) left_behind(path);
    });
    for_each_in(parts_.folder.trash(),
                [&](const std::string& path, const std::string&) { left_behind(path); });

    Transaction transaction(parts_.database, TransactionMode::kRead);
    auto rows = transaction.query("SELECT id FROM lease WHERE used <= ?1",
                                  unix_time(parts_.clock) - parts_.grace.count());
    while (rows.step()) {
      const std::string file = parts_.folder.leases() + "/" + rows.text(0);
      if (!is_locked(file)) left_behind(file);
    }
  }

  const CollectorContext& parts_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> check_store(const CollectorContext& parts, bool read_blobs) {
  return Check(parts).run(read_blobs);
}

}  // namespace ixian::store
