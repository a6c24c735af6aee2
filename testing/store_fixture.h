// A store to try things on.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "store/store.h"
#include "testing/fake_clock.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

inline constexpr const char* kRepository = "docker.io/library/app";

// "app" as a name of `store->images("")`.
inline std::string full_name(const std::string& tag) {
  return std::string(kRepository) + ":" + tag;
}

inline store::Store::Fill fill_with(const std::string& text) {
  return [text](const std::string& folder) {
    std::filesystem::create_directories(folder + "/srv");
    std::ofstream(folder + "/srv/file") << text;
  };
}

inline std::string file_in(const store::ExtractedLayer& tree) {
  std::ifstream file(tree.path + "/srv/file");
  return {std::istreambuf_iterator<char>(file), {}};
}

inline oci::Descriptor put_text(store::Store& store, const std::string& text) {
  const auto blob = describe(text);
  store.put_blob(blob, source_of(text));
  return blob;
}

class StoreFixture {
 public:
  explicit StoreFixture(std::chrono::seconds grace = std::chrono::seconds(600)) : grace_(grace) {}

  std::shared_ptr<store::Store> open() {
    return store::Store::open(folder(), cancellation_, {&clock_, grace_});
  }
  std::string folder() const { return temp_ / "store"; }
  FakeClock& clock() { return clock_; }
  base::Cancellation& cancellation() { return cancellation_; }
  const TempFolder& temp() const { return temp_; }

 private:
  TempFolder temp_;
  FakeClock clock_;
  base::Cancellation cancellation_;
  std::chrono::seconds grace_;
};

}  // namespace ixian::testing
