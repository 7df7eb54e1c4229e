// The weights that stand for words: what guidance calls typical has no published number, so all
// such words weigh the same, by this one table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/clinical/sources.hpp"

namespace clinical {

struct Grade {
    enum class Kind : std::uint8_t { present, absent, prior };
    std::string id;
    Kind kind = Kind::present;
    double value = 1;
    std::string label;
    const Source* source = nullptr;
};

class Grades {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    Grades(const DataSet& data, const Sources& sources);

    [[nodiscard]] const std::vector<Grade>& all() const { return all_; }
    // Throws DataError for `field` of `row` where there is no grade of that name and kind.
    [[nodiscard]] const Grade& named(const Row& row, std::string_view field, std::string_view id,
                                     Grade::Kind kind) const;

  private:
    std::vector<Grade> all_;
};

}  // namespace clinical
