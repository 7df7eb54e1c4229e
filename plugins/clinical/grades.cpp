#include "plugins/clinical/grades.hpp"

#include <algorithm>

namespace clinical {

Grades::Grades(const DataSet& data, const Sources& sources) {
    read_rows(data, "grades.json", [&](const Row& row) {
        const std::string kind = row.choice("kind", {"present", "absent", "prior"});
        Grade grade{
            .id = row.id(),
            .kind = kind == "present"  ? Grade::Kind::present
                    : kind == "absent" ? Grade::Kind::absent
                                       : Grade::Kind::prior,
            .value = kind == "prior" ? row.probability("value") : row.number("value", 0.01, 100),
            .label = row.text("label"),
            .source = &sources.of(row)};
        if (std::ranges::find(all_, grade.id, &Grade::id) != all_.end())
            row.refuse("id", "stands in an earlier row, too");
        all_.push_back(std::move(grade));
    });
}

const Grade& Grades::named(const Row& row, std::string_view field, std::string_view id,
                           Grade::Kind kind) const {
    const auto found = std::ranges::find(all_, id, &Grade::id);
    if (found == all_.end() || found->kind != kind)
        row.refuse(field, "grades.json has no such grade of this kind: " + std::string(id));
    return *found;
}

}  // namespace clinical
