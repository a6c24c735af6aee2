#include "steps/cache_key.h"

#include "base/sha256.h"

namespace ixian::steps {

std::string instruction_key(const std::string& parent, const base::Json& instruction,
                            const base::Json& origins) {
  base::Json document = {{"parent", parent}, {"instruction", instruction}};
  // Left out where there are none: a step that takes from nowhere has one key, by definition and by content.
  if (!origins.empty()) document["origins"] = origins;
  return base::sha256_hex(base::canonical_json(document));
}

std::string base_key(const base::Json& base) {
  return base::sha256_hex(base::canonical_json({{"schema", kKeySchema}, {"base", base}}));
}

}  // namespace ixian::steps
