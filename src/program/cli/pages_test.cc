// The pages that are made of a table: for a terminal, for man, for docs/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help_page.h"
#include "cli/man_page.h"
#include "cli/reference_page.h"
#include "cli/text_layout.h"

namespace ixian::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const CommandSpec& bake() {
  static const CommandSpec spec{
      .name = "bake",
      .summary = "Bake bread",
      .description = "Bakes what lies in DIR.\n\n    ix bake .\n\nThe `oven` must be hot.",
      .arguments = {{.metavar = "DIR", .summary = "The folder"}},
      .options = {{.name = "--heat",
                   .letter = 'h',
                   .kind = OptionKind::kValue,
                   .metavar = "N",
                   .summary = "Heat the oven",
                   .initial = "200",
                   .config = "OVEN.HEAT",
                   .details = "Not more than it can bear."},
                  {.name = "--kind",
                   .kind = OptionKind::kValue,
                   .metavar = "KIND",
                   .summary = "Bake this",
                   .choices = {{"rye"}, {"oat"}},
                   .heading = "Bread"},
                  {.name = "--to",
                   .kind = OptionKind::kFields,
                   .metavar = "DEST",
                   .summary = "Put it there",
                   .fields = {{.key = "type", .choices = {{"box", "a box"}, {"bag", "a bag | sack"}}}},
                   .repeatable = true,
                   .heading = "Bread"},
                  {.name = "--gone", .instead = "Leave it out."}},
      .examples = {{"ix bake -h 1 .", "slowly"}}};
  return spec;
}

const std::vector<OptionSpec>& page_flags() {
  static const std::vector<OptionSpec> table = {{.name = "--log", .summary = "Tell more", .universal = true},
                                                {.name = "--force", .summary = "Force it"}};
  return table;
}

TEST(PagesTest, TheHelpPage) {
  EXPECT_EQ(help_page(bake(), "bake", page_flags(), ui::Style::make(false, true)),
            "NAME\n"
            "    bake -- Bake bread\n"
            "\n"
            "USAGE\n"
            "    ix bake [--heat N] [--kind KIND] [--to DEST]… DIR\n"
            "\n"
            "DESCRIPTION\n"
            "    Bakes what lies in DIR.\n"
            "\n"
            "        ix bake .\n"
            "\n"
            "    The `oven` must be hot.\n"
            "\n"
            "ARGUMENTS\n"
            "    DIR                       The folder\n"
            "\n"
            "OPTIONS\n"
            "    -h, --heat N              Heat the oven (default: 200)\n"
            "\n"
            "BREAD\n"
            "        --kind KIND           Bake this (rye or oat)\n"
            "        --to DEST             Put it there (repeatable)\n"
            "          type=box            a box\n"
            "          type=bag            a bag | sack\n"
            "\n"
            "FLAGS OF IX\n"
            "    --log                     Tell more\n"
            "\n"
            "EXAMPLES\n"
            "    ix bake -h 1 .   slowly\n");
}

TEST(PagesTest, TheManualPageHidesNothingFromRoff) {
  ManPage page{"ix-bake", 1, "ix 1", "bake bread", {{"Files", ".ovenrc is read.", {}}}, {"ix(1)", "oven(5)"}};
  const std::string text = man_page(bake(), "bake", page_flags(), page);
  EXPECT_THAT(text, HasSubstr(".TH \"IX\\-BAKE\" 1 \"\" \"ix 1\" \"Ixian\"\n"));
  EXPECT_THAT(text, HasSubstr("ix\\-bake \\- bake bread\n"));
  EXPECT_THAT(text,
              HasSubstr(".TP\n\\fB\\-h\\fP, \\fB\\-\\-heat\\fP \\fIN\\fP\nHeat the oven (default: 200).\n"));
  EXPECT_THAT(text, HasSubstr("Not more than it can bear."));
  EXPECT_THAT(text, HasSubstr("It overrides \\fBOVEN.HEAT\\fP\\&."));
  EXPECT_THAT(text, HasSubstr("The \\fBoven\\fP must be hot."));
  EXPECT_THAT(text, HasSubstr("\n\\&.ovenrc is read.\n"));
  EXPECT_THAT(text, HasSubstr(".BR ix (1),\n.BR oven (5)\n"));
  EXPECT_THAT(text, Not(HasSubstr("gone")));
}

TEST(PagesTest, TheReference) {
  const std::string text = reference_section(bake(), "bake", page_flags());
  EXPECT_THAT(text, HasSubstr("## ix bake\n\nBake bread.\n\n    ix bake [--heat N]"));
  EXPECT_THAT(text, HasSubstr("| `-h`, `--heat N` | Heat the oven (default: 200)<br>Not more than it can "
                              "bear.<br>It overrides `OVEN.HEAT`. |\n"));
  EXPECT_THAT(text, HasSubstr("`type=bag`: a bag \\| sack"));
  EXPECT_THAT(text, HasSubstr("Flags of `ix` that it accepts: `--log`."));
}

TEST(PagesTest, TextIsWrappedBetweenWords) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("incomprehensibilities", 5), (std::vector<std::string>{"incomprehensibilities"}));
  EXPECT_EQ(two_columns({{"a", "x y"}, {"longest", "z"}}, 2, 6), "  a   x y\n  longest\n      z\n");
}

}  // namespace
}  // namespace ixian::cli
