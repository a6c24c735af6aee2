#include "store/folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "files/fs.h"

namespace ixian::store {
namespace {

class DefaultFolder : public ::testing::Test {
 protected:
  DefaultFolder() {
    for (const char* name : {"IXIAN_STORE", "XDG_DATA_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(name);
    }
  }
  ~DefaultFolder() override {
    for (const auto& [name, value] : before_) {
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(DefaultFolder, IsWhatIxianStoreSays) {
  ::setenv("IXIAN_STORE", "/srv/store/", 1);
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(default_folder(), "/srv/store");
  ::setenv("IXIAN_STORE", "here", 1);
  EXPECT_EQ(default_folder(), files::current_directory() + "/here");
}

TEST_F(DefaultFolder, LiesInXdgDataHomeWhereThatIsAbsolute) {
  ::setenv("HOME", "/home/ada", 1);
  ::setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(default_folder(), "/data/ixian");
  ::setenv("XDG_DATA_HOME", "data", 1);
  EXPECT_EQ(default_folder(), ::geteuid() == 0 ? "/var/lib/ixian" : "/home/ada/.local/share/ixian");
}

TEST_F(DefaultFolder, DependsOnWhoAsks) {
  ::setenv("HOME", "/home/ada", 1);
  EXPECT_EQ(default_folder(), ::geteuid() == 0 ? "/var/lib/ixian" : "/home/ada/.local/share/ixian");
}

TEST(DiffIdOf, TakesHexDigitsOnly) {
  const auto digest = oci::Digest::of("x");
  EXPECT_EQ(diff_id_of(digest.hex()), digest);
  EXPECT_FALSE(diff_id_of(".listing-1"));
  EXPECT_FALSE(diff_id_of(""));
}

}  // namespace
}  // namespace ixian::store
