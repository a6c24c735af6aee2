#include "layout/folder_reference.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/reference.h"

namespace ixian::layout {
namespace {

TEST(FolderReference, AFolderHasTheNameOfARepository) {
  EXPECT_EQ(folder_repository("/tmp/cache"), "dir.localhost/tmp/cache");
  EXPECT_EQ(folder_repository("/home/me/.cache//A"), "dir.localhost/home/me/x2ecache/x41");
  for (const char* folder : {"/tmp/cache", "/box/ix/x2e", "/a b/\xc3\xa9-_.", "/-"})
    EXPECT_EQ(repository_folder(oci::parse_reference(folder_repository(folder))), folder) << folder;
}

TEST(FolderReference, OtherNamesAreNoFolders) {
  EXPECT_EQ(repository_folder(oci::parse_reference("localhost/tmp/cache")), std::nullopt);
  EXPECT_EQ(repository_folder(oci::parse_reference("dir.localhost/tmp/xq")), std::nullopt);
  EXPECT_THROW(folder_repository("/" + std::string(300, 'a')), base::Error);
}

}  // namespace
}  // namespace ixian::layout
