// Reading a data file row by row. Every accessor checks what it reads and throws a DataError that
// names file, row and field; the load_… functions catch it and return its text. A row whose fields
// were not all asked for has a misspelt one: done() refuses it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/data_set.hpp"

namespace clinical {

// "conditions.json, row 12 (pneumonia), field lr_pos: must be a number above 0"
class DataError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Whether somebody has seen the number in the source that the row names.
enum class Status : std::uint8_t { verified, estimated };

// One object of a file, or an object inside one. Refers to the DataFile's JSON: use it within read.
class Row {
  public:
    Row(const nlohmann::json& object, std::string place);

    [[nodiscard]] bool has(std::string_view field) const;
    // Required; not empty.
    [[nodiscard]] std::string text(std::string_view field) const;
    [[nodiscard]] std::string text_or(std::string_view field, std::string_view absent) const;
    // Lower case letters, digits and underscores, beginning with a letter.
    [[nodiscard]] std::string id(std::string_view field = "id") const;
    // One of `allowed`.
    [[nodiscard]] std::string choice(std::string_view field,
                                     std::initializer_list<std::string_view> allowed) const;
    [[nodiscard]] double number(std::string_view field, double min, double max) const;
    [[nodiscard]] std::optional<double> number_if(std::string_view field, double min,
                                                  double max) const;
    [[nodiscard]] double probability(std::string_view field) const;
    [[nodiscard]] bool flag(std::string_view field) const;  // false where it is not there
    // Absent: none. Strings, none of them empty.
    [[nodiscard]] std::vector<std::string> texts(std::string_view field) const;
    // Objects of a list; absent: none.
    [[nodiscard]] std::vector<Row> rows(std::string_view field) const;
    [[nodiscard]] Row object(std::string_view field) const;
    // For what has no accessor: the value, or null.
    [[nodiscard]] const nlohmann::json& value(std::string_view field) const;
    [[nodiscard]] Status status() const;  // field `status`, required

    // Throws the DataError for `field` of this row.
    [[noreturn]] void refuse(std::string_view field, std::string_view what) const;
    // Throws if a field was never asked for.
    void done() const;
    [[nodiscard]] const std::string& place() const { return place_; }

  private:
    const nlohmann::json* object_;
    std::string place_;
    mutable std::set<std::string, std::less<>> asked_;
};

// Calls `read` with each row of the JSON list in `name`. Throws DataError: no such file, not JSON
// (with the position), not a list of objects, what `read` refuses.
void read_rows(const DataSet& data, std::string_view name,
               const std::function<void(const Row&)>& read);

}  // namespace clinical
