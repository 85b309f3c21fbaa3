#include "formats/atomic_file.h"

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "fixtures/text.h"

namespace anirec {
namespace {

std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.exists() ? 1 : 0;
  return count;
}

std::string error_of(const std::string& path) {
  try {
    write_file_atomically(path, "x");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("a file appears whole, and only at commit") {
  const TemporaryFolder folder;
  const std::string path = folder.file("out", "old");
  {
    AtomicFile file(path);
    file.write("new ");
    file.write("content");
    CHECK(TemporaryFolder::read(path) == "old");
    file.commit();
  }
  CHECK(TemporaryFolder::read(path) == "new content");
  CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("without a commit the old file stays and nothing is left behind") {
  const TemporaryFolder folder;
  const std::string path = folder.file("out", "old");
  {
    AtomicFile file(path);
    file.write(std::string(3'000'000, 'x'));
    CHECK(files_in(folder.path("")) == 2);
  }
  CHECK(TemporaryFolder::read(path) == "old");
  CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("pieces of every size keep their order") {
  const TemporaryFolder folder;
  std::string expected;
  AtomicFile file(folder.path("out"));
  for (const std::size_t size : {1u, 1048575u, 1u, 1048576u, 7u, 1048577u, 0u, 2500000u, 3u}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  CHECK(TemporaryFolder::read(folder.path("out")) == expected);
}

TEST_CASE("files written at once do not get into each other's way") {
  const TemporaryFolder folder;
  AtomicFile first(folder.path("same")), second(folder.path("same"));
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(TemporaryFolder::read(folder.path("same")) == "first");
}

TEST_CASE("what killed processes left is removed, what others are writing is not") {
  const TemporaryFolder folder;
  for (int i = 0; i < 200; ++i)
    folder.file(".anirec." + std::to_string(getpid()) + "." + std::to_string(i) + ".tmp", "left over");
  folder.file(".anirec.mine", "");
  AtomicFile other(folder.path("other"));
  other.write("other");
  write_file_atomically(folder.path("out"), "content");
  CHECK(TemporaryFolder::read(folder.path("out")) == "content");
  CHECK(files_in(folder.path("")) == 3);
  other.commit();
  CHECK(TemporaryFolder::read(folder.path("other")) == "other");
  CHECK(std::filesystem::exists(folder.path(".anirec.mine")));
}

TEST_CASE("the mode is 0644 less the umask") {
  const TemporaryFolder folder;
  for (const mode_t mask : {0022, 0077}) {
    const mode_t before = umask(mask);
    write_file_atomically(folder.path("out"), "content");
    umask(before);
    struct stat status;
    REQUIRE(stat(folder.path("out").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == (0644 & ~mask));
  }
}

TEST_CASE("errors say where, why and what to do") {
  const TemporaryFolder folder;
  const std::string missing = error_of(folder.path("missing/out"));
  CHECK(contains(missing, folder.path("missing/out")));
  CHECK(contains(missing, "No such file or directory"));
  CHECK(contains(missing, "make the folder first"));
  CHECK(contains(error_of(folder.path("")), "folder"));
  folder.file("plain", "");
  CHECK(contains(error_of(folder.path("plain/out")), "Not a directory"));
  CHECK(contains(error_of(""), "empty"));
  if (geteuid() != 0) {  // root may write anywhere
    std::filesystem::permissions(folder.path(""), std::filesystem::perms(0500));
    CHECK(contains(error_of(folder.path("out")), "may write to"));
    std::filesystem::permissions(folder.path(""), std::filesystem::perms(0700));
  }
}

TEST_CASE("a full disk leaves the old file and no temporary one") {
  CHECK(contains(error_of("/dev/full"), "free some space"));  // a device: written directly

  const TemporaryFolder folder;
  const std::string path = folder.file("out", "old");
  struct rlimit before;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto ignored = signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {1'500'000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  bool failed = false;
  try {
    AtomicFile file(path);
    for (int i = 0; i < 4; ++i) file.write(std::string(1'000'000, 'x'));  // the second write is a short one
    file.commit();
  } catch (const DataError& error) {
    failed = contains(error.what(), "cannot write " + path + ": File too large");
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, ignored);
  CHECK(failed);
  CHECK(TemporaryFolder::read(path) == "old");
  CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("a pipe is written to directly, also in short writes") {
  const TemporaryFolder folder;
  const std::string path = folder.path("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] {
    const int descriptor = open(path.c_str(), O_RDONLY);
    std::vector<char> buffer(10'000);
    for (ssize_t n; (n = read(descriptor, buffer.data(), buffer.size())) > 0;)
      got.append(buffer.data(), static_cast<std::size_t>(n));
    close(descriptor);
  });
  const std::string content = std::string(3'000'000, 'a') + "end";
  write_file_atomically(path, content);
  reader.join();
  CHECK(got == content);
  CHECK(std::filesystem::is_fifo(path));
  CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("a link stays a link") {
  const TemporaryFolder folder;
  folder.file("real", "old");
  std::filesystem::create_symlink("real", folder.path("link"));
  write_file_atomically(folder.path("link"), "new");
  CHECK(std::filesystem::is_symlink(folder.path("link")));
  CHECK(TemporaryFolder::read(folder.path("real")) == "new");
}

}  // namespace
}  // namespace anirec
