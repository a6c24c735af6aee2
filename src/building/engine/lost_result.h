// What a cache promised, cannot give, and can be made here instead.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "base/error.h"

namespace ixian::engine {

// Who makes a layer, or an image, again that nobody has any more.
struct Remaking {
  enum class By {
    kNobody,       // somebody else's image: an error
    kInstruction,  // that it is the outcome of: the engine runs it
    kStage,        // of the project, whose image it is or belongs to: whoever asked the engine builds that
  };
  By by = By::kInstruction;
  std::string stage = {};  // its image, as the job names it
};

// Thrown in place of the error that came of asking for it. Whoever catches it plans anew, without what was
// lost: where that was is noted in oci::Losses by then, or it has been thrown out of the store. Not an Error,
// which people are meant to read, and which is placed and told on the way up: nothing has failed yet.
class LostResult : public std::exception {
 public:
  LostResult(const base::Error& why, std::string stage) : why_(why), stage_(std::move(stage)) {}

  const char* what() const noexcept override { return why_.what(); }
  const base::Error& why() const { return why_; }  // to be thrown where nothing can be made again
  const std::string& message() const { return why_.message(); }
  const std::string& stage() const { return stage_; }  // "" is an instruction

 private:
  base::Error why_;
  std::string stage_;
};

}  // namespace ixian::engine
