// Groups of drugs across which an allergy goes: a class, or a side chain that drugs of different
// classes share. Which drug belongs to which group stands in the drug's row.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/clinical/name_index.hpp"
#include "plugins/clinical/sources.hpp"

namespace clinical {

struct AllergyGroup {
    std::string id;
    std::string label;
    bool is_drug = true;  // false: food, pollen …, which blocks nothing
    // So wide that an allergy to one of its drugs does not go across it, but after a severe
    // cutaneous reaction.
    bool broad = false;
    // Groups of the same list, by index.
    std::vector<std::size_t> also_blocks;  // where the group is named, but not which drug of it
    std::vector<std::size_t> warns;        // where the reaction was severe, or is not known
    std::vector<std::size_t> scar_blocks;  // where it was a severe cutaneous adverse reaction
    std::string note;
    const Source* source = nullptr;
    Status status = Status::estimated;
};

class AllergyGroups {
  public:
    // Throws DataError. Keeps pointers into `sources`.
    AllergyGroups(const DataSet& data, const Sources& sources);

    [[nodiscard]] const std::vector<AllergyGroup>& all() const { return all_; }
    [[nodiscard]] const AllergyGroup& operator[](std::size_t index) const { return all_[index]; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] const NameIndex& names() const { return names_; }

  private:
    std::vector<AllergyGroup> all_;
    NameIndex names_;
};

}  // namespace clinical
