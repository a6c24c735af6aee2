#include "task/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <thread>

#include "base/error.h"
#include "testing/child_process.h"
#include "testing/temp_folder.h"

namespace ixian::task {
namespace {

using base::Json;
using ixian::testing::ChildProcess;
using ::testing::HasSubstr;

class StateStoreTest : public ::testing::Test {
 protected:
  static TaskRecord record(const Json& state) {
    TaskRecord made;
    made.checks = {{"Fake:it", state}};
    return made;
  }
  std::uint64_t save(const std::string& task, const Json& state = 1) {
    StateStore store(builder);
    TaskRecord made = record(state);
    store.save(task, made, Json::object());
    return made.run;
  }
  // Overwrites part of the file, as a failing disk would.
  void damage(std::size_t from, std::size_t size) {
    std::string bytes = folder.read("builder/state.db");
    ASSERT_GE(bytes.size(), from + size);
    bytes.replace(from, size, std::string(size, '\x5a'));
    folder.write("builder/state.db", bytes);
  }

  const ixian::testing::TempFolder folder;
  const std::string builder = folder / "builder";
};

TEST_F(StateStoreTest, WhatWasSavedIsLoaded) {
  StateStore store(builder);
  TaskRecord saved = record({{"src", "sha256:ü"}});
  saved.depends = {{"lib", 7}, {"docs", 0}};
  saved.args = {"--prod", ""};
  store.save("app", saved, {{"Fake:it", {{"src/a", "1"}}}});
  const auto loaded = StateStore(builder).load("app");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->checks, saved.checks);
  EXPECT_EQ(loaded->depends, saved.depends);
  EXPECT_EQ(loaded->args, saved.args);
  EXPECT_EQ(loaded->run, saved.run);
  EXPECT_GT(loaded->finished_at, 1'600'000'000);
  EXPECT_EQ(StateStore(builder).load_details("app"), (Json{{"Fake:it", {{"src/a", "1"}}}}));
}

TEST_F(StateStoreTest, ArgumentsOfAnyBytesAreLoadedAsTheyWere) {
  StateStore store(builder);
  TaskRecord saved = record(1);
  saved.args = {"caf\xe9"};
  store.save("app", saved, Json::object());
  EXPECT_EQ(store.load("app")->args, saved.args);
}

TEST_F(StateStoreTest, AskingLeavesNothingBehind) {
  StateStore store(builder);
  EXPECT_FALSE(store.load("app"));
  EXPECT_TRUE(store.load_many({"app", "lib"}).empty());
  EXPECT_EQ(store.load_details("app"), Json::object());
  store.begin("app");
  EXPECT_EQ(folder.count(), 0u);
}

TEST_F(StateStoreTest, OnlyTheTasksAskedForAreLoaded) {
  for (const char* name : {"a", "b", "c"}) save(name);
  const auto loaded = StateStore(builder).load_many({"c", "a", "none"});
  EXPECT_EQ(loaded.size(), 2u);
  EXPECT_TRUE(loaded.contains("a") && loaded.contains("c"));
}

TEST_F(StateStoreTest, ARunThatBeganIsUnfinishedUntilItIsSaved) {
  save("app");
  StateStore store(builder);
  EXPECT_FALSE(store.load("app")->unfinished);
  store.begin("app");
  EXPECT_TRUE(StateStore(builder).load("app")->unfinished);
  save("app");
  EXPECT_FALSE(store.load("app")->unfinished);
}

TEST_F(StateStoreTest, LaterSuccessesHaveLargerNumbersInAllProcesses) {
  const auto first = save("a");
  ChildProcess child([&](ChildProcess&) { return static_cast<int>(save("b")); });
  const int second = child.wait();
  EXPECT_GT(second, static_cast<int>(first));
  EXPECT_GT(save("a"), static_cast<std::uint64_t>(second));
}

TEST_F(StateStoreTest, ManyProcessesMaySaveAtOnceFromTheFirstSaveOn) {
  constexpr int kProcesses = 6;
  constexpr int kSaves = 20;
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(std::make_unique<ChildProcess>([&, i](ChildProcess&) {
      for (int k = 0; k < kSaves; ++k) save("t" + std::to_string(i));
      return 0;
    }));
  }
  for (auto& child : children) EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(save("last"), static_cast<std::uint64_t>(kProcesses * kSaves + 1));
}

TEST_F(StateStoreTest, ManyThreadsMaySaveAtOnce) {
  StateStore store(builder);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 25; ++k) {
        TaskRecord made = record(k);
        store.save("t" + std::to_string(i), made, Json::object());
        store.load("t" + std::to_string(3 - i));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(save("last"), 101u);
}

TEST_F(StateStoreTest, AFileThatIsNoDatabaseIsSetAside) {
  std::filesystem::create_directory(builder);
  folder.write("builder/state.db", "This is no database at all, but long enough to be taken for one.");
  StateStore store(builder);
  EXPECT_FALSE(store.load("app"));
  EXPECT_EQ(store.damaged(), builder + "/state.db.damaged");
  TaskRecord made = record(1);
  store.save("app", made, Json::object());
  EXPECT_TRUE(StateStore(builder).load("app"));
  EXPECT_THAT(folder.read("builder/state.db.damaged"), HasSubstr("no database"));
}

TEST_F(StateStoreTest, AnEmptyFileIsANewDatabase) {
  std::filesystem::create_directory(builder);
  folder.write("builder/state.db", "");
  EXPECT_FALSE(StateStore(builder).load("app"));
  EXPECT_EQ(save("app"), 1u);
}

TEST_F(StateStoreTest, ADatabaseThatIsDamagedInsideIsSetAside) {
  for (int i = 0; i < 50; ++i) save("t" + std::to_string(i), std::string(2000, 'x'));
  damage(4096, 16 * 4096);
  StateStore store(builder);
  EXPECT_NO_THROW(EXPECT_TRUE(store.load_many({"t1", "t2", "t49"}).empty()));
  EXPECT_NE(store.damaged(), "");
  TaskRecord made = record(1);
  EXPECT_NO_THROW(store.save("t1", made, Json::object()));
}

TEST_F(StateStoreTest, ADatabaseOfANewerProgramIsRefusedEachTime) {
  save("app");
  sqlite3* database = nullptr;
  sqlite3_open((builder + "/state.db").c_str(), &database);
  sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  StateStore store(builder);
  TaskRecord made = record(2);
  EXPECT_THROW(store.load("app"), base::Error);
  EXPECT_THROW(store.load("app"), base::Error);
  EXPECT_THROW(store.save("app", made, Json::object()), base::Error);
  EXPECT_EQ(store.damaged(), "");
}

TEST_F(StateStoreTest, AProcessKilledWhileSavingLeavesTheOldOrTheNewRecord) {
  save("app", 0);
  for (int round = 0; round < 30; ++round) {
    ChildProcess child([&](ChildProcess& self) {
      StateStore store(builder);
      for (int i = 0;; ++i) {
        TaskRecord made = record(std::string(5000, static_cast<char>('a' + i % 26)));
        store.save("app", made, {{"Fake:it", made.checks["Fake:it"]}});
        if (i == round % 7) self.say_ready();
      }
      return 0;
    });
    ASSERT_TRUE(child.wait_until_ready());
    child.kill();
    child.wait();
    StateStore store(builder);
    const auto loaded = store.load("app");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(store.damaged(), "");
    EXPECT_EQ(store.load_details("app")["Fake:it"], loaded->checks["Fake:it"]);
  }
}

TEST_F(StateStoreTest, AFolderThatCannotBeMadeIsAnError) {
  folder.write("builder", "a file");
  StateStore store(builder);
  EXPECT_FALSE(store.load("app"));
  TaskRecord made = record(1);
  EXPECT_THROW(store.save("app", made, Json::object()), base::Error);
}

}  // namespace
}  // namespace ixian::task
