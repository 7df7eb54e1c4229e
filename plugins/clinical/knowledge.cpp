#include "plugins/clinical/knowledge.hpp"

#include <algorithm>
#include <array>

namespace clinical {
namespace {

// What the engine itself asks for, by name.
constexpr auto kNeeded = std::to_array<std::string_view>({"female", "pregnant", "late_pregnancy"});

NameIndex index_names(const Findings& findings) {
    NameIndex names;
    const auto add = [&](const Finding& finding, std::size_t index, const std::string& name,
                         MatchKind kind) {
        if (!names.add(name, index, kind))
            throw DataError("findings.json, row " + std::to_string(index + 1) + " (" + finding.id +
                            "): another finding answers to \"" + name + "\"");
    };
    for (std::size_t i = 0; i < findings.size(); ++i) {
        add(findings[i], i, findings[i].id, MatchKind::exact);
        add(findings[i], i, findings[i].label, MatchKind::exact);
        for (const auto* names_of : {&findings[i].synonyms, &findings[i].form_only})
            for (const std::string& name : *names_of) add(findings[i], i, name, MatchKind::synonym);
    }
    return names;
}

Lexicon index_phrases(const Findings& findings) {
    Lexicon phrases;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Finding& finding = findings[i];
        const auto add = [&](const std::string& name) {
            if (std::ranges::find(finding.form_only, name) != finding.form_only.end()) return;
            if (!phrases.add(name, i))
                throw DataError("findings.json, row " + std::to_string(i + 1) + " (" + finding.id +
                                "): in running text another finding answers to \"" + name + "\"");
        };
        std::string readable = finding.id;
        std::ranges::replace(readable, '_', ' ');
        add(readable);
        add(finding.label);
        for (const std::string& name : finding.synonyms) add(name);
    }
    return phrases;
}

}  // namespace

Knowledge::Knowledge(const DataSet& data)
    : version(kb_version(data)),
      sources(data),
      findings(data, sources),
      finding_names(index_names(findings)),
      finding_phrases(index_phrases(findings)),
      scores(data, sources, findings),
      red_flags(data, sources, findings, scores),
      grades(data, sources),
      conditions(data, sources, findings, scores, grades) {
    for (const std::string_view id : kNeeded)
        if (!findings.find(id))
            throw DataError("findings.json: the engine needs a finding with the id " +
                            std::string(id));
    for (const RedFlag& flag : red_flags.all())
        for (const std::string& id : flag.conditions)
            if (!conditions.find(id))
                throw DataError("red_flags.json (" + flag.id +
                                "), field conditions: no condition has the id " + id);
}

std::expected<std::unique_ptr<const Knowledge>, std::string> load_knowledge(const DataSet& data) {
    try {
        return std::make_unique<const Knowledge>(data);
    } catch (const DataError& refused) {
        return std::unexpected(refused.what());
    }
}

}  // namespace clinical
