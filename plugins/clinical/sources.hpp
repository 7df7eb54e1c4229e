// Where the numbers come from. Every row of every other file names a source of this one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/data_file.hpp"

namespace clinical {

struct Source {
    std::string id;
    std::string title;
    int year = 0;      // 0: not known
    std::string url;   // or
    std::string pmid;  // PubMed's number; one of the two may be missing, not both
    std::string licence;
    std::string population;  // of a study: whom it looked at; may be empty
};

class Sources {
  public:
    // Throws DataError.
    explicit Sources(const DataSet& data);

    // The source that `row` names in `field`; throws DataError where there is none such.
    [[nodiscard]] const Source& of(const Row& row, std::string_view field = "src") const;
    [[nodiscard]] const Source* find(std::string_view id) const;
    [[nodiscard]] const std::vector<Source>& all() const { return all_; }

  private:
    std::vector<Source> all_;  // sorted by id
};

// What a result shows. `also`: of a second number, may be null.
[[nodiscard]] std::string cite(const Source& source, const Source* also = nullptr);

}  // namespace clinical
