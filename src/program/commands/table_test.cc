// What holds for the tables of all commands.
#include "commands/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/global_flags.h"
#include "cli/help_page.h"
#include "commands/build_options.h"

namespace ixian::commands {
namespace {

constexpr std::size_t kWidest = 60;

void for_each_spec(const std::function<void(const cli::CommandSpec& spec, const std::string& path)>& look) {
  for (const Command& command : commands()) {
    const cli::CommandSpec spec = spec_of(command);
    look(spec, std::string(command.name));
    for (const cli::CommandSpec& part : spec.subcommands)
      look(part, std::string(spec.name) + " " + std::string(part.name));
  }
}

void expect_summary(std::string_view summary, const std::string& of) {
  EXPECT_LE(base::display_width(summary), kWidest) << of;
  EXPECT_FALSE(summary.ends_with('.')) << of;
  ASSERT_FALSE(summary.empty()) << of;
  EXPECT_TRUE(summary.front() >= 'A' && summary.front() <= 'Z') << of;
}

TEST(CommandsTest, SummariesAreShortAndHaveNoFullStop) {
  for (const cli::OptionSpec& flag : cli::global_flags())
    expect_summary(flag.summary, std::string(flag.name));
  for_each_spec([](const cli::CommandSpec& spec, const std::string& path) {
    if (path != "__complete") expect_summary(spec.summary, path);
    for (const cli::OptionSpec& option : spec.options) {
      if (option.is_shown()) expect_summary(option.summary, path + " " + std::string(option.name));
    }
  });
}

TEST(CommandsTest, NamesAndLettersAreUnique) {
  for_each_spec([](const cli::CommandSpec& spec, const std::string& path) {
    std::set<std::string> names;
    for (const cli::OptionSpec& option : spec.options) {
      EXPECT_TRUE(names.insert(std::string(option.name)).second) << path << " " << option.name;
      if (option.letter != 0) {
        EXPECT_TRUE(names.insert(std::string{'-', option.letter}).second) << path;
      }
      EXPECT_TRUE(!option.takes_value() || !option.metavar.empty()) << path << " " << option.name;
    }
  });
}

TEST(CommandsTest, WhatATableRefersToIsThere) {
  for_each_spec([](const cli::CommandSpec& spec, const std::string& path) {
    for (const cli::OptionSpec& option : spec.options) {
      for (const std::string_view other : option.conflicts)
        EXPECT_NE(cli::find_option(spec.options, other), nullptr) << path << " " << other;
      if (!option.also.first.empty()) {
        EXPECT_NE(cli::find_option(cli::global_flags(), option.also.first), nullptr) << path << option.name;
      }
    }
    for (const std::string_view flag : spec.obeys)
      EXPECT_NE(cli::find_option(cli::global_flags(), flag), nullptr) << path << flag;
    for (const auto& [flag, instead] : spec.refuses)
      EXPECT_NE(cli::find_option(cli::global_flags(), flag), nullptr) << path << flag;
  });
}

TEST(CommandsTest, EachOptionOfBuildIsTakenOrRefused) {
  std::set<std::string_view> taken;
  const cli::CommandSpec spec = build_spec();
  for (const cli::OptionSpec& option : spec.options) {
    if (option.instead.empty() && !option.inert) taken.insert(option.name);
  }
  const auto handled = handled_build_options();
  EXPECT_EQ(taken, std::set<std::string_view>(handled.begin(), handled.end()));
}

TEST(CommandsTest, PagesFitATerminal) {
  for_each_spec([](const cli::CommandSpec& spec, const std::string& path) {
    const std::string page = cli::help_page(spec, path, cli::global_flags(), ui::Style::make(false, true));
    for (const std::string_view line : base::split(page, '\n'))
      EXPECT_LE(base::display_width(line), 100u) << line;
  });
}

}  // namespace
}  // namespace ixian::commands
