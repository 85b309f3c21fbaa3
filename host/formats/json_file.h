// JSON files that anybody may have written. For their fields: the library's own conversions wrap negative numbers,
// cut fractions off and are undefined for large ones; these say what is wrong instead. All throw
// std::runtime_error, without the place: who reads the file adds it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "error.h"

namespace anirec {

// Throw DataError where `path` is a pipe, a device or a folder; small: or too large to be parsed in reasonable
// memory. What is not there is left to the call that opens it.
void require_file(const std::string& path);
void require_small_file(const std::string& path);

template <class Json>
const Json& json_field(const Json& object, const std::string& name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end()) throw std::runtime_error("there is no '" + printable(name, 40) + "'");
  return *found;
}

template <class Json>
std::string json_string(const Json& object, const std::string& name) {
  const Json& value = json_field(object, name);
  if (!value.is_string()) throw std::runtime_error("'" + name + "' is no text");
  return value.template get<std::string>();
}

template <class Json>
bool json_flag(const Json& object, const std::string& name) {
  const Json& value = json_field(object, name);
  if (!value.is_boolean()) throw std::runtime_error("'" + name + "' is neither true nor false");
  return value.template get<bool>();
}

template <class Json>
double json_number(const Json& object, const std::string& name, double low, double high) {
  const Json& value = json_field(object, name);
  const double number = value.is_number() ? value.template get<double>() : low - 1;
  if (!(number >= low && number <= high)) throw std::runtime_error("'" + name + "' is no number that it may be");
  return number;
}

template <class Json>
std::uint64_t json_whole_number(const Json& object, const std::string& name, std::uint64_t low,
                                std::uint64_t high) {
  const Json& value = json_field(object, name);
  if (!value.is_number_unsigned() || value.template get<std::uint64_t>() < low ||
      value.template get<std::uint64_t>() > high)
    throw std::runtime_error("'" + name + "' is no whole number that it may be");
  return value.template get<std::uint64_t>();
}

// Throws DataError where the number in "format_version" is another than the one that is read. `what`: "run", say.
template <class Json>
void require_format_version(const Json& object, int version, const std::string& path, const std::string& what) {
  const Json& value = json_field(object, "format_version");
  if (!value.is_number_integer()) throw std::runtime_error("'format_version' is no whole number");
  if (value != version)
    throw DataError(printable(path) + ": " + what + " format " + value.dump() +
                    " is not the one this anirec reads (" + std::to_string(version) +
                    "); use the anirec that wrote it");
}

// What parsing or a field threw, without the library's name for it.
inline std::string json_fault(const std::exception& fault) {
  const std::string text = fault.what();
  const std::size_t name_end = text.starts_with("[json.") ? text.find("] ") : std::string::npos;
  return printable(name_end == std::string::npos ? text : text.substr(name_end + 2), 120);
}

}  // namespace anirec
