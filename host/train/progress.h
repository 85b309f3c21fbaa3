// How training shows itself: a live bar on a terminal, plain lines elsewhere, JSON lines where asked for.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "train/fit.h"

namespace anirec {

enum class LogFormat { text, json, quiet };

std::unique_ptr<TrainingWatcher> make_watcher(LogFormat format, std::uint64_t epochs, std::FILE* out);

// The line of an epoch: "  3/30  train 1.2345  validation 1.3021 *  0.42 s  5.1 M/s"; under 80 columns. In fewer
// the speed goes first, then the seconds; the losses stay.
std::string epoch_line(const EpochReport& report, std::uint64_t epochs, std::size_t columns);
// The bar in at most `columns` columns.
std::string progress_bar(std::uint64_t epoch, std::uint64_t epochs, double share, double loss, double speed,
                         double seconds_left, int columns, bool color = false);
// "950", "12.3 k", "5.1 M".
std::string short_count(double value);

}  // namespace anirec
