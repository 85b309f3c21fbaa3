# Libraries from the system's packages; header-only ones are fetched, with pinned hashes, where a package is missing.
include(FetchContent)
add_library(anirec_dependencies INTERFACE)

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
target_link_libraries(anirec_dependencies INTERFACE Threads::Threads ZLIB::ZLIB PkgConfig::deflate PkgConfig::zstd PkgConfig::expat PkgConfig::openblas)

# name, header that tells it is installed, archive, hash, include folder inside the archive
function(anirec_header_library name header url hash include_dir)
  find_path(${name}_INCLUDE_DIR ${header})
  if(NOT ${name}_INCLUDE_DIR)
    message(STATUS "${name}: no package found, fetching ${url}")
    FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${hash} SOURCE_SUBDIR only_headers DOWNLOAD_EXTRACT_TIMESTAMP ON)
    FetchContent_MakeAvailable(${name})
    set(${name}_INCLUDE_DIR ${${name}_SOURCE_DIR}/${include_dir} CACHE PATH "" FORCE)
  endif()
  target_include_directories(anirec_dependencies SYSTEM INTERFACE ${${name}_INCLUDE_DIR})
endfunction()

anirec_header_library(cxxopts cxxopts.hpp
  https://github.com/jarro2783/cxxopts/archive/refs/tags/v3.1.1.tar.gz
  523175f792eb0ff04f9e653c90746c12655f10cb70f1d5e6d6d9491420298a08 include)
anirec_header_library(nlohmann_json nlohmann/json.hpp
  https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273 include)
if(ANIREC_TESTS)
  anirec_header_library(doctest doctest/doctest.h
    https://github.com/doctest/doctest/archive/refs/tags/v2.4.9.tar.gz
    19b2df757f2f3703a5e63cee553d85596875f06d91a3333acd80a969ef210856 .)
endif()
