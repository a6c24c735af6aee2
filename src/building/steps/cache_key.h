// The key of an instruction: the digest of all that its result depends on.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace ixian::steps {

// Changes whenever the meaning of a key's document does.
inline constexpr int kKeySchema = 1;

// Every instruction that makes files has two keys, each chained from its parent's of the same kind:
//  - by definition: where it takes from another stage, that stage's key by definition stands in it. All of
//    these are known before anything is built, so the last one of a target is asked for first.
//  - by content: there the digest of what it took stands, or that stage's key by content. A stage that was
//    built anew with the same outcome is found by these.
// `instruction` says what is done, `origins` what it takes from other stages and images. Instructions that
// only change the configuration have no key: the configuration is made anew each time, for nothing.
std::string instruction_key(const std::string& parent, const base::Json& instruction,
                            const base::Json& origins);

// The key that a stage begins with.
std::string base_key(const base::Json& base);

}  // namespace ixian::steps
