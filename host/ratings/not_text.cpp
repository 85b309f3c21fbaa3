#include "ratings/not_text.h"

#include <cstddef>
#include <cstdint>

#include "error.h"

namespace anirec {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* what;
  const char* way_out;
};

constexpr Magic known[] = {
    {0, "PAR1"sv, "a Parquet file",
     "write it as CSV first, as with pandas.read_parquet(...).to_csv(..., index=False)"},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file",
     "write it as CSV first, as with pandas.read_hdf(...).to_csv(..., index=False)"},
    {0, "ARROW1\0\0"sv, "an Arrow (Feather) file",
     "write it as CSV first, as with pandas.read_feather(...).to_csv(..., index=False)"},
    {0, "\x93NUMPY"sv, "a NumPy array", "write it as CSV first"},
    {0, "SQLite format 3\0"sv, "an SQLite database", "export the table as CSV first (sqlite3 -header -csv)"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an Excel workbook (xls)", "save it as CSV (UTF-8) first"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "xz-compressed", "unpack it first (unxz), or pipe it: xz -dc FILE | anirec ... -"},
    {4, "1AY&SY"sv, "bzip2-compressed", "unpack it first (bunzip2), or pipe it: bzip2 -dc FILE | anirec ... -"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", "unpack it first and give the file inside"},
    {0, "Rar!\x1a\x07"sv, "a RAR archive", "unpack it first and give the file inside"},
    {257, "ustar"sv, "a tar archive", "unpack it first (tar -xf) and give the file inside"},
    {0, "%PDF-"sv, "a PDF", "give the ratings as text"},
};

bool has_at(std::string_view text, std::size_t offset, std::string_view bytes) {
  return text.size() >= offset + bytes.size() && text.substr(offset, bytes.size()) == bytes;
}

[[noreturn]] void refuse(const std::string& name, std::string_view what, std::string_view way_out) {
  throw DataError(printable(name) + ": is " + std::string(what) + ", not text; " + std::string(way_out));
}

// Eight bytes of header length, then the header's JSON.
bool is_safetensors(std::string_view head) {
  if (head.size() < 10 || head[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(head[i]);
  return length >= 2 && length < (std::uint64_t{1} << 32);
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && !(c >= '\t' && c <= '\r') && c != '\x1b') || c == '\x7f';
}

}  // namespace

void refuse_what_is_not_text(std::string_view head, const std::string& name) {
  if (has_at(head, 0, "PK\x03\x04") || has_at(head, 0, "PK\x05\x06") || has_at(head, 0, "PK\x07\x08")) {
    if (head.find("[Content_Types].xml") != head.npos || head.find("xl/") != head.npos)
      refuse(name, "an Excel workbook (xlsx)", "save it as CSV (UTF-8) first");
    refuse(name, "a zip archive",
           "unpack it first and give the file inside, or pipe it: unzip -p FILE | anirec ... -");
  }
  for (const Magic& magic : known)
    if (has_at(head, magic.offset, magic.bytes)) refuse(name, magic.what, magic.way_out);
  if (is_safetensors(head))
    refuse(name, "a safetensors file (a prepared dataset or a model)", "give the ratings or titles as text here");

  if (has_at(head, 0, "\xff\xfe\0\0"sv) || has_at(head, 0, "\0\0\xfe\xff"sv))
    throw DataError(printable(name) +
                    ": is UTF-32 text; convert it to UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW_FILE");
  constexpr const char* utf8_wanted = "convert it to UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE";
  if (has_at(head, 0, "\xff\xfe") || has_at(head, 0, "\xfe\xff"))
    throw DataError(printable(name) + ": is UTF-16 text; " + utf8_wanted);

  std::size_t zeros[2] = {0, 0}, controls = 0;  // zeros at even and at odd places
  for (std::size_t i = 0; i < head.size(); ++i) {
    zeros[i % 2] += head[i] == '\0';
    controls += is_control(head[i]);
  }
  // ASCII in UTF-16 without a mark: every other byte is zero.
  const std::size_t pairs = head.size() / 2;
  if (pairs >= 4 && (zeros[0] == 0 || zeros[1] == 0) && zeros[0] + zeros[1] > pairs * 9 / 10)
    throw DataError(printable(name) +
                    ": is UTF-16 text without a byte-order mark; convert it to UTF-8: iconv -f UTF-16" +
                    (zeros[0] == 0 ? "LE" : "BE") + " -t UTF-8 FILE > NEW_FILE");
  if (controls > 3 && controls > head.size() / 16)
    refuse(name, "binary data", "give a text file with columns (user, item, rating, ...), or one in gzip or zstd");
}

}  // namespace anirec
