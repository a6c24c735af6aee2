// A plan for people to read.
#pragma once

#include <string>

#include "plan/task_plan.h"
#include "ui/style.h"

namespace ixian::commands {

// What `ix plan` prints, lines with their ends.
std::string plan_text(const plan::TaskPlan& plan, const ui::Style& style);

}  // namespace ixian::commands
