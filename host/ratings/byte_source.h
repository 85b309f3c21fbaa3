// Bytes of a ratings or titles file, whatever it is wrapped in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace anirec {

// A stream of decompressed bytes.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to `size` bytes at `data`; 0 only at the end. Throws DataError on a read error or a damaged stream.
  virtual std::size_t read(char* data, std::size_t size) = 0;
};

// "-" is standard input. gzip (all members) and zstd (all frames) are told by their first bytes, not by the
// name. Throws DataError where the file cannot be opened, is a folder, or looks like something that is not
// text (a zip archive, a parquet file: said by name, with the way out).
std::unique_ptr<ByteSource> open_bytes(const std::string& path);

// The first bytes of a file, up to `most`, without a byte order mark. Not of standard input, which is read once.
std::string head_of(const std::string& path, std::size_t most);

// Reads a packed file to its end, where its checksum is: throws DataError where it is damaged. What is no packed
// file on a disk is let pass.
void require_undamaged(const std::string& path);

// The whole of a small file (titles). Throws DataError beyond `most` bytes, which a few packed ones may become.
std::string read_all_bytes(const std::string& path, std::size_t most = std::size_t{512} << 20);

// How messages name a source: the path, or "standard input".
std::string source_name(const std::string& path);

}  // namespace anirec
