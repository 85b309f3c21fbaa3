// The words that an option's value is one of, for completion.
#pragma once

#include <string>

#include "commands/command_table.h"

namespace anirec {

std::string choices_of(const OptionSpec& option);  // separated by blanks; "" where it is anything

}  // namespace anirec
