#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "ratings/row_parser.h"

using namespace anirec;

namespace {

// What is read of `line` behind a first one and before `behind`, or the error without the file's name.
std::string told(const TemporaryFolder& folder, const std::string& first, const std::string& line,
                 const std::string& behind, const FormatOptions& options) {
  const std::string path = folder.file("line.csv", first + line + "\n" + behind);
  const auto rows_behind = static_cast<std::size_t>(std::count(behind.begin(), behind.end(), '\n'));
  Team team(1);
  std::string text;
  try {
    read_rows({path}, options, team, [&](std::size_t, RowBlock& rows) {
      for (std::size_t row = 0, user = 0, item = 0; row + rows_behind < rows.size(); ++row) {
        text += id_text(rows.user, row, user) + "|" + id_text(rows.item, row, item) + "|" +
                std::to_string(rows.rating[row]);
        if (!rows.status.empty()) text += "|" + std::to_string(rows.status[row]);
        if (!rows.time.empty()) text += "|" + std::to_string(rows.time[row]);
        text += "\n";
      }
    });
  } catch (const DataError& error) {
    return std::string(error.what()).substr(path.size());
  }
  return text;
}

}  // namespace

// Before enough text a line of numbers is read at once, at the end of a block a byte at a time.
TEST_CASE("a line is read alike whatever follows it") {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  for (const char* wrong : {"",
                            "0",
                            "00",
                            "01",
                            "10",
                            "12",
                            "100",
                            "12345678",
                            "123456789",
                            "1234567890",
                            "1234567890123456",
                            "12345678901234567",
                            "99999999999999999999",
                            "3.5",
                            "0.1",
                            "10.0",
                            "3.55",
                            "3.",
                            ".5",
                            "3.5.5",
                            "-1",
                            "+1",
                            " 1",
                            "1 ",
                            "\"1\"",
                            "1\"",
                            "a",
                            "1a",
                            "1/",
                            "1:",
                            "/1",
                            ":1",
                            "\xb1",
                            "1\xb9",
                            "1e1",
                            "1\r",
                            "\r1",
                            "1;2",
                            "1\t2"})
    for (const char* line : {"?,2,3,4,5", "1,?,3,4,5", "1,2,?,4,5", "1,2,3,?,5", "1,2,3,4,?", "1,2,3,4,5,?",
                             "1,2,3,?", "1,2,?", "1,?", "?", "1,2,3.5,?,5", "1,2,3,4,5,?\r"}) {
      lines.emplace_back(line);
      lines.back().replace(lines.back().find('?'), 1, wrong);
    }
  for (std::size_t length = 1; length < 70; ++length) {  // ends that lie too far
    lines.push_back("1,2,3,4,5," + std::string(length, '7'));
    lines.push_back("1,2,3,4,5" + std::string(length, ','));
    lines.push_back(std::string(length, '7') + ",2,3,4,5");
  }
  for (const std::string columns : {"user=1,item=2,rating=3", "user=1,item=2,rating=3,status=4",
                                    "user=1,item=2,rating=3,time=4", "item=1,user=2,rating=3,status=4,time=5"})
    for (const char separator : {',', ';', '\t'}) {
      const auto with_separator = [&](std::string text) {
        std::replace(text.begin(), text.end(), ',', separator);
        return text;
      };
      const FormatOptions options = {columns, std::string(1, separator)};
      std::string behind;
      for (int i = 0; i < 9; ++i) behind += with_separator("77,88,9,1,5\n");
      std::size_t read = 0;
      for (const std::string& line : lines) {
        CAPTURE(columns);
        CAPTURE(line);
        const std::string first = with_separator("9,8,7,6,5\n"), text = with_separator(line);
        const std::string alone = told(folder, first, text, "", options);
        CHECK(told(folder, first, text, behind, options) == alone);
        read += alone[0] != ':' ? 1 : 0;
      }
      CHECK(read > lines.size() / 10);
      CHECK(read < lines.size());
    }
}
