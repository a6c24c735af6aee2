// A credential that the project names and that cannot be had.
#pragma once

#include "base/error.h"

namespace ixian::base {

// Nobody was asked anything, so that nobody knows the answer.
class MissingCredential : public Error {
 public:
  using Error::Error;
};

}  // namespace ixian::base
