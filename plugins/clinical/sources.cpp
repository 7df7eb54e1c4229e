#include "plugins/clinical/sources.hpp"

#include <algorithm>

namespace clinical {

Sources::Sources(const DataSet& data) {
    read_rows(data, "sources.json", [this](const Row& row) {
        Source source{.id = row.id(),
                      .title = row.text("title"),
                      .year = static_cast<int>(row.number_if("year", 1900, 2100).value_or(0)),
                      .url = row.text_or("url", ""),
                      .pmid = row.text_or("pmid", ""),
                      .licence = row.text_or("licence", "facts only"),
                      .population = row.text_or("population", "")};
        if (source.url.empty() && source.pmid.empty()) row.refuse("url", "is missing (or a pmid)");
        if (find(source.id) != nullptr) row.refuse("id", "stands in an earlier row, too");
        all_.insert(std::ranges::lower_bound(all_, source.id, {}, &Source::id), std::move(source));
    });
}

const Source* Sources::find(std::string_view id) const {
    const auto found = std::ranges::lower_bound(all_, id, {}, &Source::id);
    return found != all_.end() && found->id == id ? &*found : nullptr;
}

const Source& Sources::of(const Row& row, std::string_view field) const {
    const Source* found = find(row.text(field));
    if (found == nullptr) row.refuse(field, "no source in sources.json has this id");
    return *found;
}

std::string cite(const Source& source, const Source* also) {
    const std::string text =
        source.year == 0 ? source.title : source.title + ", " + std::to_string(source.year);
    return also == nullptr ? text : text + "; " + cite(*also);
}

}  // namespace clinical
