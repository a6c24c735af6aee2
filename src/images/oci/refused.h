// Answers that are none.
#pragma once

#include "base/error.h"

namespace ixian::oci {

// The place answered, and not with what was asked for: it can be asked for something else.
class Refused : public base::Error {
 public:
  using base::Error::Error;
};

}  // namespace ixian::oci
