// Ratings: the first line of an input is --columns, the second --separator (a blank before it: only pairs are
// wanted), the rest is the file.
#include "dataset/dataset.h"
#include "fuzz/fuzz_target.h"
#include "ratings/byte_source.h"
#include "ratings/fields.h"
#include "ratings/row_parser.h"

using namespace anirec;

namespace {

std::string id_text(const IdColumn& column, std::size_t row) {
  for (const TextId& id : column.text)
    if (id.row == row) return id.text;
  return std::to_string(column.value[row]);
}

void require_order(const IdColumn& column, std::size_t rows) {
  require(column.value.size() == rows, "every row has an id");
  for (std::size_t i = 0; i < column.text.size(); ++i)
    require(column.text[i].row < rows && (i == 0 || column.text[i - 1].row < column.text[i].row),
            "text ids are in the order of the rows");
}

// The rows as the slow way gives them: a line at a time, cut by what recognises the header.
void require_same_rows(std::string_view text, const RatingsFormat& format, const RowBlock& rows) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::size_t row = 0;
  bool header = format.has_header;
  while (!text.empty()) {
    const std::string_view line = without_return(take_line(text));
    if (is_blank_line(line)) continue;
    if (header) {
      header = false;
      continue;
    }
    std::vector<std::string> fields;
    try {
      fields = split_fields(line, format.separator);
    } catch (const FieldFault&) {  // in a column that is not read
      ++row;
      continue;
    }
    const auto field = [&](int column) { return fields.at(static_cast<std::size_t>(column)); };
    require(row < rows.size(), "no row is lost");
    require(id_text(rows.user, row) == field(format.user), "the user is the one in the file");
    require(id_text(rows.item, row) == field(format.item), "the item is the one in the file");
    if (format.rating >= 0) require(to_float(field(format.rating)) == rows.rating[row], "so is the rating");
    if (format.has_status())
      require(to_integer<std::int32_t>(field(format.status)).value_or(-1) == rows.status[row], "so is the status");
    if (format.has_time())
      require(to_integer<std::int64_t>(field(format.time)) == rows.time[row], "so is the time");
    ++row;
  }
  require(row == rows.size(), "no row is made up");
}

void require_sound(const Dataset& dataset, Team& team) {
  for (std::size_t row = 0; row < dataset.size(); ++row)
    require(dataset.user[row] < dataset.users.size() && dataset.item[row] < dataset.items.size(),
            "indices are below the number of ids");
  for (std::uint32_t user = 0; user < dataset.users.size(); ++user)
    require(dataset.users.find(dataset.users.id(user)) == user, "every id is found");
  require(!describe_dataset(dataset, team).empty(), "a dataset can be described");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryFolder folder;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  FormatOptions options;
  options.columns = take_line(input);
  std::string_view separator = take_line(input);
  if (separator.starts_with(' ')) options.wanted = Wanted::pairs;
  if (options.wanted == Wanted::pairs) separator.remove_prefix(1);
  options.separator = separator;
  const std::string path = folder.file("ratings", input);

  Team one(1);
  input_was_accepted = accepts([&] {
    RowBlock rows;  // an input is one block
    const auto sources =
        read_rows({path}, options, one, [&](std::size_t, RowBlock& block) { rows = std::move(block); });
    require(sources.at(0).rows == rows.size() && rows.size() > 0, "a file that is accepted has rows");
    require_order(rows.user, rows.size());
    require_order(rows.item, rows.size());
    require_same_rows(read_all_bytes(path), sources[0].format, rows);
  });
  if (!input_was_accepted || options.wanted == Wanted::pairs) return 0;
  const Task task = static_cast<Task>(size % 3);
  accepts([&] { require_sound(build_dataset({path}, options, {task, Unrated::negative, 6}, one), one); });
  return 0;
}
