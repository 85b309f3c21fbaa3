// A titles file.
#include "fuzz/fuzz_target.h"
#include "ratings/title_text.h"
#include "ratings/titles.h"

using namespace anirec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryFolder folder;
  const std::string path = folder.file("titles", {reinterpret_cast<const char*>(data), size});
  input_was_accepted = accepts([&] {
    const Titles titles = read_titles(path);
    require(titles.size() > 0, "a file that is accepted has titles");
    if (const Title* title = titles.find("1")) {
      require(is_utf8(title->name) && is_utf8(title->genres), "titles are UTF-8");
      require(printable(title->name).size() <= 203, "what is shown is short");
    }
  });
  return 0;
}
