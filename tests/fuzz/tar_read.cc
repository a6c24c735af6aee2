// The tar reader: whatever the bytes are, entries keep to their contract, or there is an error for people.
#include "fuzz.h"
#include "tar.h"
#include "tar/pax.h"
#include "tar/reader.h"

namespace {

using namespace ixian;

constexpr std::uint64_t kEnough = 1 << 20;  // of what a sparse file unpacks to

void read(const std::string& archive, tar::TarReader::Dialect dialect) {
  base::TextSource source(archive);
  tar::TarReader reader(source, dialect);
  char buffer[4096];
  try {
    while (const auto entry = reader.next()) {
      FUZZ_CHECK(!entry->name.empty() && entry->name.size() <= tar::kMaxTarName);
      FUZZ_CHECK(entry->name.find('\0') == std::string::npos && entry->link.find('\0') == std::string::npos);
      FUZZ_CHECK(entry->type == tar::TarType::kFile || entry->size == 0);
      FUZZ_CHECK(entry->mode <= 07777 && entry->mtime_ns < 1'000'000'000);
      FUZZ_CHECK(reader.offset() <= archive.size());
      FUZZ_CHECK(dialect.sparse || !reader.is_sparse());
      std::uint64_t total = 0;
      while (total < kEnough) {
        const std::size_t count = reader.read(buffer, sizeof(buffer));
        FUZZ_CHECK(count <= sizeof(buffer));
        total += count;
        if (count == 0) {
          FUZZ_CHECK(total == entry->size);
          break;
        }
      }
    }
  } catch (const tar::TarError& error) {
    FUZZ_CHECK(fuzz::is_message(std::string_view(error.what()).substr(0, 2000)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string archive = fuzz::with_checksums(fuzz::text_of(data, size));
  read(archive, {.sparse = true, .remains = true});
  read(archive, {.sparse = false, .remains = false});
  return 0;
}
