#include "plugins/clinical/allergy_groups.hpp"

#include <algorithm>
#include <utility>

namespace clinical {

AllergyGroups::AllergyGroups(const DataSet& data, const Sources& sources) {
    read_rows(data, "allergy_groups.json", [&](const Row& row) {
        AllergyGroup group;
        group.id = row.id();
        if (find(group.id)) row.refuse("id", "stands in an earlier row, too");
        group.label = row.text("label");
        if (row.has("kind")) group.is_drug = row.choice("kind", {"not_a_drug"}).empty();
        group.broad = row.flag("broad");
        group.note = row.text_or("note", "");
        group.source = &sources.of(row);
        group.status = row.status();
        const std::size_t index = all_.size();
        bool fresh = names_.add(group.id, index, MatchKind::exact) &&
                     names_.add(group.label, index, MatchKind::synonym);
        for (const std::string& synonym : row.texts("synonyms"))
            fresh = names_.add(synonym, index, MatchKind::synonym) && fresh;
        if (!fresh) row.refuse("synonyms", "another group has one of its names");
        for (const auto& [field, list] :
             {std::pair{"also_blocks", &group.also_blocks}, std::pair{"warns", &group.warns},
              std::pair{"scar_blocks", &group.scar_blocks}})
            for (const std::string& id : row.texts(field)) {
                const auto found = find(id);
                if (!found) row.refuse(field, "no earlier row has the id " + id);
                list->push_back(*found);
            }
        all_.push_back(std::move(group));
    });
}

std::optional<std::size_t> AllergyGroups::find(std::string_view id) const {
    const auto found = std::ranges::find(all_, id, &AllergyGroup::id);
    if (found == all_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all_.begin());
}

}  // namespace clinical
